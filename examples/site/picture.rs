//! Generated pictures.

const SIDE: u32 = 128;

pub(crate) fn file_name(number: usize) -> String {
    format!("picture-{number}.bmp")
}

/// Draws a picture as a BMP file with 24 bits per pixel. Each number gives a different pattern.
pub(crate) fn draw(number: usize) -> Vec<u8> {
    const HEADERS: u32 = 14 + 40;
    const PIXELS: u32 = SIDE * SIDE * 3;
    let mut file = Vec::new();
    file.extend(b"BM");
    for field in [HEADERS + PIXELS, 0, HEADERS, 40, SIDE, SIDE, 1 | 24 << 16] {
        file.extend(field.to_le_bytes());
    }
    file.extend([0; 24]);
    for y in 0..SIDE {
        for x in 0..SIDE {
            file.extend([1, 2, 3].map(|colour| brightness(x, y, number + colour)));
        }
    }
    file
}

/// The brightness of one colour of a pixel.
fn brightness(x: u32, y: u32, pattern: usize) -> u8 {
    let [step, ..] = pattern.to_le_bytes();
    let [brightness, ..] = ((x * u32::from(step)) ^ (y * (u32::from(step) + 2))).to_le_bytes();
    brightness
}
