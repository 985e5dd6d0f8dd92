#!/bin/sh
# Serves until the signal $1, then says $2 and ends.
trap 'echo "$2"; exit 0' "$1"
echo serving
while :; do
  sleep 1 &
  wait $!
done
