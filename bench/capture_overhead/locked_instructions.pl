#!/usr/bin/perl
# How many instructions that lock memory (a lock prefix, or an exchange with memory) a session executed, wherever in the
# server and its libraries: every atomic and every lock, held or only tried, takes at least one.  And those that a
# library executed itself, together with the locks that it took, or tried to take, by calling the server.
#
# usage: locked_instructions.pl FILE [LIBRARY]
#   FILE is callgrind's, with --dump-instr=yes --compress-strings=no --compress-pos=no
use strict;
use warnings FATAL => 'all';

# Addresses of such instructions in an object.
my %locking;
sub locking
{
	my ($object) = @_;
	return $locking{$object} //= do {
		my %found;
		if (-e $object)
		{
			open my $code, '-|', 'objdump', '-d', '--no-show-raw-insn', $object or die "objdump: $!\n";
			while (<$code>) { $found{ hex $1 } = 1 if /^\s*([0-9a-f]+):\s+(?:lock\b|xchg\b.*\()/ }
			close $code;
		}
		\%found;
	};
}

my ($file, $library) = @ARGV;
my ($executed, $own) = (0, 0);
my ($at, $in_library, $callee, $called) = ({}, 0, '', 0);
open my $in, '<', $file or die "$file: $!\n";
while (<$in>)
{
	if (/^ob=(.*)/) { ($at, $in_library) = (locking($1), defined $library && $1 =~ m{/\Q$library\E$}) }
	elsif (/^cfn=(\w*)/) { $callee = $1 }
	elsif (my ($calls) = /^calls=(\d+)/)
	{
		$called = 1;    # the next line is what it cost in there
		$own += $calls if $in_library && $callee =~ /^(LWLock\w*Acquire|LockAcquire|s_lock)/;
	}
	elsif (/^0x([0-9a-f]+) \d+ (\d+)/)
	{
		if (!$called && $at->{ hex $1 }) { $executed += $2; $own += $2 if $in_library }
		$called = 0;
	}
}
close $in;
print "$executed $own\n";
