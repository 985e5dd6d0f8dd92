# usage: escape.pl FILE WAY [stay]: leaves a descendant behind that escapes in the given way and ends by itself after 20 s.
# Every process that is to be found writes its pid to FILE. The main process waits for the first, then exits 3 (or stays).
use strict; use POSIX ();
my ($file, $way, $stay) = @ARGV;

sub note { open my $f, '>>', $file or die; syswrite $f, "$$\n"; close $f }
sub linger { note(); my $end = time + 20; select(undef, undef, undef, 0.5) while time < $end; POSIX::_exit(0) }
sub child(&) { my ($body) = @_; my $pid = fork // POSIX::_exit(0); return $pid if $pid; $body->(); POSIX::_exit(0) }
sub become_subreaper { syscall((POSIX::uname())[4] eq 'aarch64' ? 167 : 157, 36, 1, 0, 0, 0) }

my %ways = (
  'own session' => sub { child { POSIX::setsid(); linger() } },
  'double fork' => sub { child { child { linger() } } },
  'daemon' => sub { child { POSIX::setsid(); child { chdir '/'; close $_ for *STDIN, *STDOUT, *STDERR; linger() } } },
  'cleared environment' => sub { child { note(); POSIX::setsid(); %ENV = (); exec '/bin/sleep', '20' } },
  'ignored signals' => sub { child { $SIG{$_} = 'IGNORE' for qw(HUP INT TERM QUIT USR1 USR2 PIPE CHLD); POSIX::setsid(); linger() } },
  'stopped' => sub { child { POSIX::setsid(); note(); kill STOP => $$; linger() } },
  'fork storm' => sub { child { POSIX::setsid(); $SIG{TERM} = 'IGNORE'; $SIG{CHLD} = 'IGNORE'; storm() } for 1 .. 4 },
  'own subreaper' => sub { child { POSIX::setsid(); become_subreaper(); $SIG{TERM} = 'IGNORE'; child { child { $SIG{TERM} = 'IGNORE'; linger() } } for 1 .. 3; linger() } },
);

# Each process is replaced by two for as long as the file has fewer than some 700 lines.
sub storm {
  while ((-s $file) < 5_000) { note(); child { POSIX::setsid() if rand() < 0.3; storm() }; select undef, undef, undef, 0.002 }
  linger();
}

($ways{$way} or die "no way '$way'")->();
select undef, undef, undef, 0.005 until -s $file;
select undef, undef, undef, 0.05 if $way =~ /storm|subreaper|stopped|session|daemon|signals/;
if ($stay) { my $end = time + 20; select(undef, undef, undef, 0.5) while time < $end }
exit 3;
