# Prometheus' text format 0.0.4, read as strictly as it is specified.
package Perfkit::Metrics;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';

our @EXPORT = qw(metrics text_of parse_metrics labels);

# What pk_metrics() says.  Options: database, role, arguments (by default all sizes, however slow the machine).
sub text_of
{
	my ($node, %option) = @_;
	local $ENV{PGCLIENTENCODING} = 'UTF8';
	return $node->safe_psql($option{database} // 'postgres', 'SELECT pk_metrics(' . ($option{arguments} // 'sizes_ms => 600000') . ')',
		extra_params => [ defined $option{role} ? ('-U', $option{role}) : () ]) . "\n";
}

sub metrics { return parse_metrics(text_of(@_)) }

# The key of a set of labels.
sub labels
{
	my %label = @_;
	return join "\x1f", map { "$_=$label{$_}" } sort keys %label;
}

# Values by name (without pg_perfkit_) and labels().  Dies where the text breaks a rule.
sub parse_metrics
{
	my ($text) = @_;
	my (%value, %type, $family);
	utf8::decode(my $decoded = $text) or die 'no UTF-8';
	die 'does not end with a line feed' unless $text =~ s/\n+\z/\n/;
	foreach my $line (split /\n/, $text)
	{
		if ($line =~ /^# HELP (\w+) (.+)$/)
		{
			die "$1 twice" if $type{$1};
			$family = $1;
		}
		elsif ($line =~ /^# TYPE (\w+) (counter|gauge|histogram)$/)
		{
			die "TYPE of $1 below HELP of $family" unless $1 eq $family;
			$type{$1} = $2;
		}
		else
		{
			my ($name, $labels, $number) = $line =~ /^([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\]|\\[\\"n])*",?)+)\})? (-?[0-9.]+(?:e[-+][0-9]+)?)$/
			  or die "no sample: $line";
			my $kind = $type{$family} eq 'histogram' ? qr/_(?:bucket|sum|count)/ : qr//;
			die "$name stands below $family" unless $name =~ /^$family$kind$/;
			my %label;
			while (($labels // '') =~ /([a-z_]+)="((?:[^"\\]|\\[\\"n])*)"/g)
			{
				my ($label, $content) = ($1, $2);
				die "$label twice: $line" if exists $label{$label};
				$label{$label} = $content =~ s/\\(.)/$1 eq 'n' ? "\n" : $1/ger;
			}
			$name =~ s/^pg_perfkit_// or die $name;
			my $key = labels(%label);
			die "twice: $line" if exists $value{$name}{$key};
			$value{$name}{$key} = $number;
		}
	}
	return \%value;
}

1;
