#!/usr/bin/env bash
# Calls per second of gears, beside PING and a Lua function that does the same, all on one server
# in one run: machines differ, ratios less so. It prints and never judges.
#
# Usage: benches/ratios.sh PORT   (of a server with the engine on loopback; `cargo xtask bench`
#                                  starts one and runs this)
# Environment: ROUNDS (5), REQUESTS per round and command (1000000, a quarter of
#              that for async_local), CLIENTS (50), PIPELINE (16).
set -euo pipefail

port=${1:?usage: benches/ratios.sh PORT}
rounds=${ROUNDS:-5} requests=${REQUESTS:-1000000} clients=${CLIENTS:-50} pipeline=${PIPELINE:-16}

tool() { # the program of this name of either family
    command -v "redis-$1" || command -v "valkey-$1" || {
        echo "redis-$1 was not found: it comes with Redis' tools (Debian: redis-tools)" >&2
        exit 1
    }
}
cli=("$(tool cli)" -h 127.0.0.1 -p "$port")
benchmark=("$(tool benchmark)" -h 127.0.0.1 -p "$port" -c "$clients" -P "$pipeline" -q)

must_be() { # expected, command..: a benchmark of error replies would be a fast one
    local expected=$1 answer
    shift
    answer=$("${cli[@]}" "$@" 2>&1)
    [ "$answer" = "$expected" ] || {
        echo "$*: expected '$expected', got '$answer'" >&2
        exit 1
    }
}

must_be OK RG.PYEXECUTE "
GB('CommandReader').map(lambda x: x[1]).register(trigger='bench_sync', mode='sync')
GB('CommandReader').map(lambda x: x[1]).register(trigger='bench_local', mode='async_local')
GB('CommandReader').map(lambda x: execute('get', x[1])).register(trigger='bench_get', mode='sync')
"
# Equal to the gears above down to the reply, which is a list of one record.
must_be bench FUNCTION LOAD REPLACE "#!lua name=bench
redis.register_function('bench_echo', function(keys, args) return { args[1] } end)
redis.register_function('bench_get', function(keys, args) return { redis.call('get', args[1]) } end)"
must_be OK SET bench:key value

names=(ping fcall fcall_get sync sync_get async_local)
declare -A commands=(
    [ping]="PING"
    [fcall]="FCALL bench_echo 0 hello"
    [fcall_get]="FCALL bench_get 0 bench:key"
    [sync]="RG.TRIGGER bench_sync hello"
    [sync_get]="RG.TRIGGER bench_get bench:key"
    [async_local]="RG.TRIGGER bench_local hello"
)
must_be hello ${commands[fcall]}
must_be value ${commands[fcall_get]}
must_be hello ${commands[sync]}
must_be value ${commands[sync_get]}
must_be hello ${commands[async_local]}

declare -A figures
for ((round = 1; round <= rounds; round++)); do
    # Interleaved, so that a busy moment of the machine does not hit one command alone.
    for name in "${names[@]}"; do
        case $name in async*) count=$((requests / 4)) ;; *) count=$requests ;; esac
        rps=$("${benchmark[@]}" -n "$count" ${commands[$name]} | tr '\r' '\n' |
            sed -n 's/.* \([0-9.]*\) requests per second.*/\1/p' | tail -n 1)
        figures[$name]+="$rps "
        echo "round $round/$rounds  $name  $rps" >&2
    done
done

median() { tr ' ' '\n' | grep . | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
ping=$(median <<<"${figures[ping]}")
fcall=$(median <<<"${figures[fcall]}")
fcall_get=$(median <<<"${figures[fcall_get]}")

server=$("${cli[@]}" INFO server | tr -d '\r' | sed -n 's/^\(redis\|valkey\)_version:/\1 /p' | tail -n 1)
echo
echo "$server, $clients clients, pipeline $pipeline, median of $rounds rounds of $requests calls"
printf '%-28s %12s %10s %12s\n' command 'calls/s' 'to PING' 'to equal Lua'
for name in "${names[@]}"; do
    case $name in *get) lua=$fcall_get ;; *) lua=$fcall ;; esac
    awk -v command="${commands[$name]}" -v rps="$(median <<<"${figures[$name]}")" \
        -v ping="$ping" -v lua="$lua" \
        'BEGIN { printf "%-28s %12.0f %10.3f %12.3f\n", command, rps, rps / ping, rps / lua }'
done
