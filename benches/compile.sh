#!/usr/bin/env bash
# What a gear costs the compiler, beside the same call written by hand with redis-rs.
#
#   benches/compile.sh [ROUNDS] [CHECKOUT]
#
# Writes crates with 0, 50 and 200 gears of three arguments, each called once, and crates with the same calls by hand,
# blocking and async. Measures `cargo check` and `cargo build` of each crate alone, without incremental compilation:
# the CPU time of cargo and rustc, because other processes do not change it much. The cost of a gear is the median of
# all rounds with 200 gears, less the median without gears, divided by 200.
#
# CHECKOUT is another checkout of this project to measure; its crates are built in a folder of their own.
set -euo pipefail
rounds=${1:-5}
checkout=$(realpath "${2:-$(dirname "$0")/..}")
sizes=(0 50 200)
folder=${TMPDIR:-/tmp}/redgrease-compile-$(cksum <<<"$checkout" | cut -d' ' -f1)
mkdir -p "$folder/src"
cd "$folder"
unset CARGO_BUILD_TARGET_DIR RUSTFLAGS
export CARGO_TARGET_DIR=$folder/target CARGO_INCREMENTAL=0

cat >Cargo.toml <<END
[package]
name = "compile-figures"
version = "0.0.0"
edition = "2024"
publish = false

[dependencies]
redgrease = { path = "$checkout", features = ["aio"] }
redis = { version = "1.8", default-features = false, features = ["tokio-comp"] }

[workspace]
END
[ -e Cargo.lock ] || cp "$checkout/Cargo.lock" Cargo.lock

# One gear and its call.
gear() {
    local name=gear_$1 async=$2 await=$3 con=$4
    cat <<END
/// Gear number $1.
#[gear_command]
pub ${async}fn $name(count: i64, key: &str, factor: f64) -> i64 {
    python! {
        total = 0
        for i in range(count):
            total += int(cmd.get(key) or 0)
        if total > 100:
            total = int(total * factor)
        return total
    }
}
pub ${async}fn call_$1(con: &mut $con) -> redgrease::Result<i64> {
    $name(con, $1, "key", 1.5)$await
}
END
}

# The same call by hand.
by_hand() {
    local async=$2 await=$3 con=$4 query=$5
    cat <<END
/// Call number $1.
pub ${async}fn gear_$1(con: &mut $con, count: i64, key: &str, factor: f64) -> redis::RedisResult<i64> {
    redis::cmd("RG.TRIGGER").arg("gear_$1").arg(count).arg(key).arg(factor).$query(con)$await
}
pub ${async}fn call_$1(con: &mut $con) -> redis::RedisResult<i64> {
    gear_$1(con, $1, "key", 1.5)$await
}
END
}

# write KIND NUMBER
write() {
    local i
    {
        [[ $1 != gears* ]] || echo "use redgrease::prelude::*;"
        for ((i = 0; i < $2; i++)); do
            case $1 in
                gears) gear $i "" "" redgrease::Con ;;
                gears-async) gear $i "async " .await redgrease::AsyncCon ;;
                by-hand) by_hand $i "" "" redis::Connection query ;;
                by-hand-async) by_hand $i "async " .await redis::aio::MultiplexedConnection query_async ;;
            esac
        done
    } >src/lib.rs
}

# Runs a command and prints its CPU time in milliseconds.
cpu() {
    local TIMEFORMAT='%U %S'
    { time "$@" >/dev/null 2>"$folder/log" || { cat "$folder/log" >&2; exit 1; }; } 2>&1 |
        awk '{ printf "%d\n", ($1 + $2) * 1000 }'
}

kinds=(${KINDS:-gears by-hand gears-async by-hand-async})
commands=(${COMMANDS:-check build})
rm -f ./*.figures
for command in "${commands[@]}"; do
    write by-hand 0
    cargo "$command" --quiet
done
for ((round = 0; round < rounds; round++)); do
    for command in "${commands[@]}"; do
        for kind in "${kinds[@]}"; do
            for size in "${sizes[@]}"; do
                write "$kind" "$size"
                touch src/lib.rs
                cpu cargo "$command" --quiet --offline >>"$command-$kind-$size.figures"
            done
        done
    done
done

median() { sort -n "$1" | awk '{ all[NR] = $1 } END { print (all[int((NR + 1) / 2)] + all[int(NR / 2) + 1]) / 2 }'; }
printf '%-8s %-15s %10s %10s %10s %12s\n' command crate "0 (ms)" "50 (ms)" "200 (ms)" "one (ms)"
for command in "${commands[@]}"; do
    for kind in "${kinds[@]}"; do
        figures=()
        for size in "${sizes[@]}"; do figures+=("$(median "$command-$kind-$size.figures")"); done
        awk -v c="$command" -v k="$kind" -v a="${figures[0]}" -v b="${figures[1]}" -v d="${figures[2]}" \
            'BEGIN { printf "%-8s %-15s %10.0f %10.0f %10.0f %12.2f\n", c, k, a, b, d, (d - a) / 200 }'
    done
done
