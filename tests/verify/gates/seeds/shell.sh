#!/bin/sh
# A name with a blank in it falls apart. expect: SC2086
cat $1
