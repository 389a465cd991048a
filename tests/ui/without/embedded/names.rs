use redgrease::embedded::Server;

fn main() {
    let _ = Server::start();
}
