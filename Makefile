# make && make install && make installcheck
include Makefile.pgxs
