# usage: refuse.pl CALL ARGUMENT COMMAND…: runs the command where the kernel refuses the system call with EPERM
# (as an old container runtime's filter does) if its first argument is ARGUMENT ("-" = whatever it is).
use strict; use POSIX ();
my ($call, $argument, @command) = @ARGV;
my $arm = (POSIX::uname())[4] eq 'aarch64';
my %numbers = (prctl => $arm ? 167 : 157, close_range => 436);
my ($load, $equal, $return, $allow, $refuse) = (0x20, 0x15, 0x06, 0x7fff0000, 0x00050001);
my @filter = (
  [$load, 0, 0, 0], [$equal, 0, 3, $numbers{$call}],
  [$load, 0, 0, 16], $argument eq '-' ? [$equal, 0, 0, 0] : [$equal, 0, 1, $argument],
  [$return, 0, 0, $refuse], [$return, 0, 0, $allow],
);
my $code = join '', map { pack 'SCCL', @$_ } @filter;
syscall($numbers{prctl}, 38, 1, 0, 0, 0) == 0 or die "no_new_privs: $!";
syscall($numbers{prctl}, 22, 2, pack('S x6 P', scalar @filter, $code)) == 0 or die "seccomp: $!";
exec @command;
