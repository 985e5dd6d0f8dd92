# usage: many.pl COUNT: forks that many children, each with its own session and deaf to SIGTERM, and ends when all are there.
use strict; use POSIX ();
pipe my $in, my $out or die;
for (1 .. $ARGV[0]) {
  my $pid = fork // die "fork: $!";
  next if $pid;
  POSIX::setsid(); $SIG{TERM} = 'IGNORE'; syswrite $out, '.'; close $out; close $in; sleep 30; POSIX::_exit(0);
}
close $out;
my $seen = 0;
while ($seen < $ARGV[0]) { my $n = sysread $in, my $b, 4096; last unless $n; $seen += $n }
exit 0;
