#!/bin/sh
# Limits what somebody else's program can take from this machine, on Linux. It's no prison: the
# program reads, writes and connects as whoever runs it. Its process keeps its number, by which the
# judge knows it.
#
#     sandbox.sh build COMMAND…   the compiler
#     sandbox.sh run PROGRAM…     what it has made, as the leader of a process group
#     sandbox.sh try FOLDER       whether a program there can be run
what=$1
shift
seconds=${SANDBOX_SECONDS:-60}

case $what in
build)
    # Built once.
    export CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=false
    exec timeout --kill-after=5 600 prlimit --cpu=120 --data=4294967296 --core=0 "$@"
    ;;
try)
    sh "$0" limits test -x "$1" && exit
    echo "There is no sandbox: that needs prlimit; and if root grades, setpriv, and that any user \
can reach $1" >&2
    exit 1
    ;;
run)
    # Then all of its group ends. Until then, no other group gets its number.
    (sleep "$seconds"; kill -s KILL -- -$$) > /dev/null 2>&1 &
    ;;
esac

# From the inside out. Nothing of the user's environment, where keys may be.
set -- env -i PATH="$PATH" CARGO_EXERCISE_JUDGE="$CARGO_EXERCISE_JUDGE" RUST_BACKTRACE=0 "$@"

# The kernel counts the processes and threads of a user in a user namespace, if there may be one,
# or else everywhere; and it doesn't count those of root.
user=$(id -u)
processes=64
if unshare --user true 2> /dev/null; then
    space="unshare --user"
elif [ "$user" != 0 ]; then
    processes=$((processes + $(ps -L -u "$user" | wc -l)))
fi
set -- $space prlimit --nproc=$processes --data=268435456 --cpu="$seconds" --fsize=16777216 \
    --core=0 "$@"
if [ "$user" = 0 ]; then
    other=$((60000 + $$ % 5000))
    set -- setpriv --reuid=$other --regid=$other --clear-groups --no-new-privs "$@"
fi
exec "$@"
