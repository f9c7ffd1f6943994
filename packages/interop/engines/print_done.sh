#!/bin/sh
# What engines run at the end of a download that do not tell of it otherwise.
echo 'the torrent is done'
