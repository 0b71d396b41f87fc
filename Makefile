# Everything a newcomer needs.  The build itself is meson's; these are the ways to call it.
#
#   make            build/tern, optimised
#   make run        try it: a throw-away server with sample mail (ARGS="..." are passed on)
#   make test       all tests, under sanitizers (ONLY=text: those whose name holds it)
#   make tsan-test  those that use threads, under the thread sanitizer
#   make fuzz       fuzzes every parser (TIME=seconds each, ONLY=name)
#   make bench      measures beside Dovecot, which it installs (Debian); results in bench/results (ARGS=...)
#   make bench-quick  the same with less mail, in less than five minutes; results in build/bench
#   make install    PREFIX=/usr/local DESTDIR=
#   make clean      removes build/

PREFIX ?= /usr/local
DESTDIR ?=
TIME ?= 60
ONLY ?=
ARGS ?=

CLANG = $(shell command -v clang-14 || echo clang)
SAN = -Db_lundef=false -Doptimization=1 -Ddebug=true -Dwerror=true -Dtests=enabled

.PHONY: all tern run test tsan-test fuzz bench bench-quick install clean setup setup-test asan clang tsan fuzz-build
.NOTPARALLEL:

all: tern

setup:
	@tools/setup build

setup-test:
	@tools/setup test

tern: setup
	@test -f build/release/build.ninja || meson setup build/release \
	    --buildtype=release -Doptimization=2 -Ddebug=true -Dtests=disabled
	@ninja -C build/release
	@ln -sfn release/src/cli/tern build/tern

run: tern
	@build/tern demo $(ARGS)

asan: setup-test
	@test -f build/asan/build.ninja || CC=gcc meson setup build/asan $(SAN) -Db_sanitize=address,undefined
	@ninja -C build/asan

tsan: setup-test
	@test -f build/tsan/build.ninja || CC=gcc meson setup build/tsan $(SAN) -Db_sanitize=thread
	@ninja -C build/tsan

# The second compiler, for its warnings.
clang: setup-test
	@test -f build/clang/build.ninja || CC=$(CLANG) meson setup build/clang \
	    -Doptimization=0 -Ddebug=false -Dwerror=true -Dtests=enabled
	@ninja -C build/clang

test: asan clang tsan
	@tools/run-tests --build build/asan --tsan build/tsan $(if $(ONLY),--only '$(ONLY)')

tsan-test: tsan
	@tools/run-tests --tsan build/tsan $(if $(ONLY),--only '$(ONLY)')

fuzz-build: setup-test
	@test -f build/fuzz/build.ninja || CC=$(CLANG) meson setup build/fuzz $(SAN) \
	    -Db_sanitize=address,undefined -Dfuzz=true
	@ninja -C build/fuzz

fuzz: fuzz-build
	@tools/fuzz $(TIME) $(ONLY)

bench: tern
	@bench/run $(ARGS)

bench-quick: tern
	@bench/run --quick $(ARGS)

install: tern
	@meson configure build/release -Dprefix=$(PREFIX)
	@meson install -C build/release $(if $(DESTDIR),--destdir '$(DESTDIR)')

clean:
	@rm -rf build
