#!/bin/sh
# Stands in for a real program of a router: says what it would be, and runs until it is stopped.
echo "stand-in for $*"
exec sleep infinity
