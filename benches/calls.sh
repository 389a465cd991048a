#!/usr/bin/env bash
# Calls per second of gears, compared with PING, GET and Lua functions that do the same. All are
# measured on one server in one run, because ratios differ less between machines than absolute
# numbers. The script has no thresholds; it only prints.
#
# Usage: benches/calls.sh PORT
#   PORT is the loopback port of a server with an engine that was built with the feature `bench`.
#   `cargo xtask bench` starts such a server and runs this script.
# Environment:
#   ROUNDS    number of rounds (5)
#   REQUESTS  requests per round and command at 50 clients with pipeline 16 (1000000); a quarter of
#             that for asynchronous commands, less for slower settings
#   SETTINGS  list of clients:pipeline ("1:1 1:16 50:1 50:16")
set -euo pipefail

port=${1:?usage: benches/calls.sh PORT}
rounds=${ROUNDS:-5} requests=${REQUESTS:-1000000}
read -ra settings <<<"${SETTINGS:-1:1 1:16 50:1 50:16}"

tool() { # prints the path of redis-$1 or valkey-$1
    command -v "redis-$1" || command -v "valkey-$1" || {
        echo "redis-$1 was not found: it comes with Redis' tools (Debian: redis-tools)" >&2
        exit 1
    }
}
cli=("$(tool cli)" -h 127.0.0.1 -p "$port")
benchmark=("$(tool benchmark)" -h 127.0.0.1 -p "$port" -q)

must_be() { # expected, command..: checks a reply, because a benchmark of error replies is meaningless
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
# The same functions in Lua. Like a gear, they reply with a list of one record.
must_be bench FUNCTION LOAD REPLACE "#!lua name=bench
redis.register_function('bench_echo', function(keys, args) return { args[1] } end)
redis.register_function('bench_get', function(keys, args) return { redis.call('get', args[1]) } end)"
must_be OK SET bench:key value

names=(ping get fcall fcall_get sync sync_get floor async_local)
declare -A commands=(
    [ping]="PING"
    [get]="GET bench:key"
    [fcall]="FCALL bench_echo 0 hello"
    [fcall_get]="FCALL bench_get 0 bench:key"
    [sync]="RG.TRIGGER bench_sync hello"
    [sync_get]="RG.TRIGGER bench_get bench:key"
    [floor]="RG.FLOOR hello"
    [async_local]="RG.TRIGGER bench_local hello"
)
must_be value ${commands[get]}
must_be hello ${commands[fcall]}
must_be value ${commands[fcall_get]}
must_be hello ${commands[sync]}
must_be value ${commands[sync_get]}
must_be hello ${commands[floor]}
must_be hello ${commands[async_local]}

calls_of() { # name, clients, pipeline: number of calls that takes about the same time in every setting
    local count=$requests
    case $1 in floor | async*) count=$((count / 4)) ;; esac
    case $2:$3 in
        1:1) count=$((requests / 20)) ;;
        *:1) count=$((requests / 6)) ;;
        1:*) count=$((count / 3)) ;;
    esac
    echo "$count"
}

median() { tr ' ' '\n' | grep . | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

measure() { # clients, pipeline
    local -A figures=()
    local round name rps
    for ((round = 1; round <= rounds; round++)); do
        # The commands are interleaved, so that a busy moment of the machine does not affect only one.
        for name in "${names[@]}"; do
            rps=$("${benchmark[@]}" -c "$1" -P "$2" -n "$(calls_of "$name" "$1" "$2")" \
                ${commands[$name]} | tr '\r' '\n' |
                sed -n 's/.* \([0-9.]*\) requests per second.*/\1/p' | tail -n 1)
            figures[$name]+="$rps "
            echo "$1 clients, pipeline $2, round $round/$rounds  $name  $rps" >&2
        done
    done
    local -A of=()
    for name in "${names[@]}"; do of[$name]=$(median <<<"${figures[$name]}"); done
    echo
    echo "$server, $1 clients, pipeline $2, median of $rounds rounds"
    printf '%-30s %12s %9s %13s %9s\n' command 'calls/s' 'to PING' 'to equal Lua' 'to floor'
    for name in "${names[@]}"; do
        local lua=- floor=-
        case $name in
            sync | fcall) lua=${of[fcall]} ;;
            sync_get | get | fcall_get) lua=${of[fcall_get]} ;;
            floor | async_local) lua=${of[fcall]} floor=${of[floor]} ;;
        esac
        awk -v command="${commands[$name]}" -v rps="${of[$name]}" -v ping="${of[ping]}" \
            -v lua="$lua" -v floor="$floor" '
            function ratio(to) { return to == "-" ? "" : sprintf("%.3f", rps / to) }
            BEGIN { printf "%-30s %12.0f %9.3f %13s %9s\n",
                    command, rps, rps / ping, ratio(lua), ratio(floor) }'
    done
}

server=$("${cli[@]}" INFO server | tr -d '\r' | sed -n 's/^\(redis\|valkey\)_version:/\1 /p' | tail -n 1)
for setting in "${settings[@]}"; do measure "${setting%:*}" "${setting#*:}"; done
