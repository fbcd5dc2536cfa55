# SPDX-License-Identifier: GPL-3.0-or-later
# `make help` says what each target does.

VARIANT ?= debug
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60
HOSTILE_COUNT ?= 100000
NO_INSTALL ?=
BUILD := build/$(VARIANT)

# Debian packages, by what needs them.
PACKAGES_BUILD := gcc make pkg-config libglib2.0-dev libmicrohttpd-dev libwebsockets-dev \
	libwebsockets-evlib-glib libjansson-dev liblo-dev libgstreamer1.0-dev \
	libgstreamer-plugins-base1.0-dev libgstreamer-plugins-bad1.0-dev libjack-jackd2-dev \
	libopus-dev libsamplerate0-dev libnice-dev nettle-dev libogg-dev libsndfile1-dev libsqlite3-dev \
	libavahi-client-dev libavahi-glib-dev
PACKAGES_RUN := jackd2 supercollider-server gstreamer1.0-plugins-base gstreamer1.0-plugins-good \
	gstreamer1.0-plugins-bad gstreamer1.0-nice
# What brings the panel's plots; node and npm may be there without dpkg's knowing.
PACKAGES_WEB := $(if $(shell command -v npm),,nodejs npm)
PACKAGES_TEST := wrk iproute2 coturn avahi-daemon avahi-utils dbus libcmocka-dev clang libclang-rt-14-dev clang-format liblo-tools \
	supercollider-language sndfile-programs chromium curl ca-certificates ffmpeg mpv vlc-bin vlc-plugin-base janus \
	gstreamer1.0-tools \
	$(if $(shell command -v node),,nodejs) $(if $(shell command -v npm),,npm)
# What the load generator is built on, and what tells where time goes.
PACKAGES_BENCH := libssl-dev libsrtp2-dev linux-perf
# What the table of UGens is made from; only `make ugens` wants it.
PACKAGES_UGENS := supercollider-server supercollider-language sc3-plugins-language \
	sc3-plugins-server $(if $(shell command -v node),,nodejs)

CC := gcc
WARN := -Wall -Wextra -Wno-unused-parameter -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wvla -Wpointer-arith -Wwrite-strings -Wno-missing-field-initializers
LIBS_COMMON := glib-2.0 gio-unix-2.0 jansson
LIBS_CONTROLLER := libmicrohttpd libwebsockets liblo sqlite3 avahi-client avahi-glib
LIBS_SOUND := glib-2.0 jansson sndfile
LIBS_PIPELINE := libwebsockets gstreamer-1.0 gstreamer-webrtc-1.0 gstreamer-sdp-1.0 \
	gstreamer-rtp-1.0 jack opus samplerate nice nettle sndfile ogg

ifeq ($(VARIANT),debug)
VARIANT_FLAGS := -O1 -g3 -Werror
else ifeq ($(VARIANT),release)
VARIANT_FLAGS := -O2 -g -DNDEBUG -D_FORTIFY_SOURCE=2 -fstack-protector-strong
else ifeq ($(VARIANT),asan)
VARIANT_FLAGS := -O1 -g3 -fsanitize=address,undefined -fno-omit-frame-pointer
else ifeq ($(VARIANT),tsan)
VARIANT_FLAGS := -O1 -g3 -fsanitize=thread
else ifeq ($(VARIANT),fuzz)
CC := clang
VARIANT_FLAGS := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
else
$(error VARIANT is one of debug, release, asan, tsan)
endif

VERSION := 0.1.0
CPPFLAGS += -I. -I$(BUILD) -D_GNU_SOURCE -DFARFIELD_VERSION='"$(VERSION)"' -DFARFIELD_PREFIX='"$(PREFIX)"'
CFLAGS += -std=gnu11 $(WARN) $(VARIANT_FLAGS)
# Only asked for where something is compiled, so that `make help` works before the packages are in.
pkg = $(shell pkg-config $(1) $(2))
CPPFLAGS_COMMON = $(call pkg,--cflags,$(LIBS_COMMON))
CPPFLAGS_CONTROLLER = $(call pkg,--cflags,$(LIBS_CONTROLLER))
CPPFLAGS_PIPELINE = $(call pkg,--cflags,$(LIBS_PIPELINE))

objects = $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(1)))
COMMON := $(call objects,common/*.c)
CONTROLLER := $(filter-out %/main.o,$(call objects,controller/*.c controller/core/*.c \
	controller/core/*/*.c controller/doors/*.c))
PIPELINE := $(filter-out %/main.o,$(call objects,pipeline/*.c pipeline/*/*.c))
TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzzers/%,$(wildcard tests/fuzz/fuzz_*.c))
PROGRAMS := $(BUILD)/farfield-controller $(BUILD)/farfield-pipeline $(BUILD)/farfield-sound

.PHONY: all run test check tsan bench fuzz fuzzers hostile lint format install clean help synthdefs ugens reference types \
	packages-run packages-test programs web unit-programs fuzz-programs wire node-modules
.DELETE_ON_ERROR:
.SECONDARY:

all: packages-build programs web ## build both programs (VARIANT=debug|release|asan|tsan)

programs: $(PROGRAMS)
unit-programs: $(TESTS)
wire: $(BUILD)/wire $(BUILD)/block.so
fuzz-programs: $(FUZZERS)

run: VARIANT := release
run: run-programs ## install what is missing, build, start everything; Ctrl-C ends it
	$(become-run)@exec controller/run.sh build/$(VARIANT)

.PHONY: run-programs run-parts
run-programs: packages-run
	@$(MAKE) --no-print-directory VARIANT=$(VARIANT) run-parts

run-parts: programs web $(BUILD)/become.so ; @:

# Turns make itself into run.sh (see controller/make/become.c), but under -n into nothing.
dry := $(findstring n,$(firstword -$(MAKEFLAGS)))
become-run = $(if $(dry),,$(if $(filter load,$(.FEATURES)),$(eval load \
	build/$(VARIANT)/become.so)$(become controller/run.sh,build/$(VARIANT))))

test: packages-test node-modules web ## install what is missing, run every test
	@$(MAKE) --no-print-directory -j2 VARIANT=asan programs unit-programs wire
	@$(MAKE) --no-print-directory -j2 VARIANT=debug programs
	@node tests/run.mjs

check: packages-test ## the unit tests alone, quick
	@$(MAKE) --no-print-directory -j2 VARIANT=$(VARIANT) unit-programs
	@BUILD=$(BUILD) node tests/run.mjs unit

tsan: packages-test ## the unit tests of what threads share under ThreadSanitizer
	@$(MAKE) --no-print-directory -j2 VARIANT=tsan \
		$(addprefix build/tsan/threads/,test_pipeline_hub test_pipeline_packets)
	@set -e; for test in hub packets; do G_SLICE=always-malloc \
		TSAN_OPTIONS=suppressions=tests/unit/tsan.supp build/tsan/threads/test_pipeline_$$test; done

bench: packages-bench node-modules web ## measure, and write docs/benchmarks.md
	@$(MAKE) --no-print-directory -j2 VARIANT=release programs build/release/bench/tee \
		build/release/bench/load build/release/wire
	@node tests/bench/run.mjs $(BENCH)

fuzz: fuzzers ## each fuzzer for FUZZ_SECONDS (60), then hostile
	@$(MAKE) --no-print-directory hostile

fuzzers: packages-test ## each fuzzer for FUZZ_SECONDS (60)
	@$(MAKE) --no-print-directory -j2 VARIANT=fuzz fuzz-programs
	@tests/fuzz/run.sh build/fuzz/fuzzers $(FUZZ_SECONDS)

hostile: packages-test ## upload HOSTILE_COUNT (100000) damaged SynthDefs to a real scsynth
	@$(MAKE) --no-print-directory -j2 VARIANT=debug programs
	@BUILD=build/debug node tests/hostile/examples/examples.mjs
	@BUILD=build/debug node tests/hostile/hostile.mjs $(HOSTILE_COUNT)

lint: packages-test $(BUILD)/reference ## format, include arrows, licence lines, compiled SynthDefs
	@tests/lint.sh
	@node controller/make/types.mjs $(BUILD)/reference web/client --check

format: ## rewrite the C sources by .clang-format
	clang-format -i $(shell git ls-files '*.c' '*.h')

synthdefs: ## compile sclang/ into synthdefs/ (needs sclang)
	sclang/build.sh synthdefs

reference: $(BUILD)/reference ## write the pages of docs/ that are tables
	$< >docs/reference.md
	$< server-commands >docs/server-commands.md

types: $(BUILD)/reference ## write what the client library knows of the command table
	node controller/make/types.mjs $< web/client

ugens: packages-ugens ## write the table of UGens from the installed class library (needs sclang)
	node sclang/ugens/generate.mjs controller/core/synthdefs/ugens.tab

install: VARIANT := release
install: ## install below PREFIX (/usr/local), honouring DESTDIR
	$(MAKE) --no-print-directory VARIANT=$(VARIANT) programs web
	install -D -t $(DESTDIR)$(PREFIX)/bin $(addprefix build/$(VARIANT)/,farfield-controller farfield-pipeline farfield-sound)
	install -d $(DESTDIR)$(PREFIX)/share/farfield/web $(DESTDIR)$(PREFIX)/share/farfield/synthdefs \
		$(DESTDIR)$(PREFIX)/share/farfield/sclang
	cp -r web/. $(DESTDIR)$(PREFIX)/share/farfield/web
	cp -r sclang/Farfield $(DESTDIR)$(PREFIX)/share/farfield/sclang
	cp synthdefs/*.scsyndef synthdefs/*.json $(DESTDIR)$(PREFIX)/share/farfield/synthdefs

clean: ## delete everything that was built
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#=]*## \(.*\)/  make \1~\2/p' Makefile | column -t -s '~'

# --- packages ---------------------------------------------------------------

.PHONY: packages-build packages-ugens packages-bench
packages-build: ; @controller/packages.sh '$(NO_INSTALL)' $(PACKAGES_BUILD)
packages-run: ; @controller/packages.sh '$(NO_INSTALL)' $(PACKAGES_BUILD) $(PACKAGES_RUN)
packages-ugens: ; @controller/packages.sh '$(NO_INSTALL)' $(PACKAGES_UGENS)
packages-test: ; @controller/packages.sh '$(NO_INSTALL)' $(PACKAGES_BUILD) $(PACKAGES_RUN) $(PACKAGES_TEST)

packages-bench: ; @controller/packages.sh '$(NO_INSTALL)' $(PACKAGES_BUILD) $(PACKAGES_RUN) \
	$(PACKAGES_TEST) $(PACKAGES_BENCH)

# The one package that the panel uses, and can do without: no network is no reason to fail.
web: web/node_modules/.package-lock.json ## fetch what the panel draws its plots with
web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	@controller/packages.sh '$(NO_INSTALL)' $(PACKAGES_WEB) && \
		(cd web && npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 --silent) && \
		touch $@ || echo "The panel will be without plots: npm did not fetch what draws them."

node-modules: build/node-modules.stamp
build/node-modules.stamp: tests/package.json tests/package-lock.json | packages-test
	cd tests && npm ci --no-audit --no-fund
	@mkdir -p build && touch $@

# --- objects and programs -----------------------------------------------------

$(BUILD)/common/%.o: common/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CPPFLAGS_COMMON) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/controller/%.o: controller/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CPPFLAGS_COMMON) $(CPPFLAGS_CONTROLLER) $(CFLAGS) -MMD -MP -c -o $@ $<

# A JSON file as the string that a source includes.
$(BUILD)/%.json.inc: %.json
	@mkdir -p $(@D)
	sed 's/["\\]/\\&/g; s/.*/"&\\n"/' $< >$@
$(BUILD)/controller/core/api/schemas.o: $(BUILD)/controller/core/api/schemas.json.inc

$(BUILD)/pipeline/%.o: pipeline/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CPPFLAGS_COMMON) $(CPPFLAGS_PIPELINE) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/unit/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CPPFLAGS_COMMON) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/farfield-controller: $(BUILD)/controller/main.o $(CONTROLLER) $(COMMON)
	$(CC) $(CFLAGS) -o $@ $^ $(call pkg,--libs,$(LIBS_COMMON) $(LIBS_CONTROLLER)) -lm

$(BUILD)/farfield-pipeline: $(BUILD)/pipeline/main.o $(PIPELINE) $(COMMON)
	$(CC) $(CFLAGS) -o $@ $^ $(call pkg,--libs,$(LIBS_COMMON) $(LIBS_PIPELINE)) -lm

$(BUILD)/controller/sound/%.o: controller/sound/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(call pkg,--cflags,$(LIBS_SOUND)) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/farfield-sound: $(call objects,controller/sound/*.c)
	$(CC) $(CFLAGS) -o $@ $^ $(call pkg,--libs,$(LIBS_SOUND)) -lm

$(BUILD)/become.so: controller/make/become.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O1 $(WARN) -shared -fPIC -o $@ $<

$(BUILD)/reference: $(BUILD)/controller/make/reference.o $(BUILD)/libcontroller.a $(BUILD)/libcommon.a
	$(CC) $(CFLAGS) -o $@ $^ $(call pkg,--libs,$(LIBS_COMMON) $(LIBS_CONTROLLER)) -lm

$(BUILD)/bench/tee: tests/bench/tee.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CPPFLAGS_COMMON) $(CPPFLAGS_PIPELINE) $(CFLAGS) -o $@ $< \
		$(call pkg,--libs,$(LIBS_COMMON) $(LIBS_PIPELINE))

$(BUILD)/bench/load: tests/bench/load.c tests/bench/load_peer.c tests/bench/load_peer.h
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CPPFLAGS_COMMON) $(call pkg,--cflags,nice openssl libsrtp2) $(CFLAGS) -o $@ \
		$(filter %.c,$^) $(call pkg,--libs,$(LIBS_COMMON) nice openssl libsrtp2)

# A bad network, for the tests.
$(BUILD)/wire: tests/lib/wire.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CPPFLAGS_COMMON) $(CFLAGS) -o $@ $< $(call pkg,--libs,$(LIBS_COMMON))

# Has a UDP socket block, for the tests.
$(BUILD)/block.so: tests/lib/block.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -std=gnu11 $(WARN) -O1 -fPIC -shared -o $@ $<

# Archives, so that a test links only what it names.
$(BUILD)/libcontroller.a: $(CONTROLLER)
	@rm -f $@ && ar rcs $@ $^
$(BUILD)/libpipeline.a: $(PIPELINE)
	@rm -f $@ && ar rcs $@ $^
$(BUILD)/libcommon.a: $(COMMON)
	@rm -f $@ && ar rcs $@ $^
# What tests and fuzzers play against.
$(BUILD)/libfake.a: $(call objects,tests/unit/fake_*.c)
	@rm -f $@ && ar rcs $@ $^
ARCHIVES := $(BUILD)/libfake.a $(BUILD)/libcontroller.a $(BUILD)/libpipeline.a $(BUILD)/libcommon.a
LIBS_ALL = $(call pkg,--libs,$(LIBS_COMMON) $(LIBS_CONTROLLER) $(LIBS_PIPELINE)) -lm

# By itself, since nothing names what a sanitizer looks for: an archive would leave it out.
$(BUILD)/tests/%: tests/unit/%.c $(BUILD)/common/sanitizer.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CPPFLAGS_COMMON) $(CPPFLAGS_PIPELINE) $(CFLAGS) -MMD -MP -MF $@.d -o $@ $< \
		$(BUILD)/common/sanitizer.o $(ARCHIVES) -lcmocka $(LIBS_ALL)

# With as little as it takes, since nothing else wants this variant.
$(BUILD)/threads/%: tests/unit/%.c $(BUILD)/libpipeline.a $(BUILD)/libcommon.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CPPFLAGS_COMMON) $(CPPFLAGS_PIPELINE) $(CFLAGS) -o $@ $< \
		$(BUILD)/libpipeline.a $(BUILD)/libcommon.a -lcmocka \
		$(call pkg,--libs,$(LIBS_COMMON) $(LIBS_PIPELINE)) -lm

$(BUILD)/fuzzers/%: tests/fuzz/%.c $(ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CPPFLAGS_COMMON) $(CPPFLAGS_PIPELINE) $(CFLAGS) -fsanitize=fuzzer -o $@ $< \
		$(ARCHIVES) $(LIBS_ALL)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
