# SPDX-License-Identifier: MIT
#
# ws101: everything is built below build/; nothing is written beside the sources.
#   make           build/ws101 and build/ws101-server
#   make demo      install what is missing, build, open a bundled capture
#   make check     install what is missing, build, pass every test
# `make help` lists the rest.

BUILD   ?= build
# one name for one place, however it was given: the rules kept beside the objects call them by it
override BUILD := $(patsubst $(CURDIR)/%,%,$(abspath $(BUILD)))
PREFIX  ?= /usr/local
CC      := gcc
CLANG   := clang

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
CPPFLAGS += -D_GNU_SOURCE -Ianalyzer
# functions begin at a cache line: else their speed depends on what stands before them, by a tenth
CFLAGS   ?= -O2 -g -flto=auto -falign-functions=64
SANITIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
BASE     := -std=c11 $(WARNINGS) -Werror -MMD -MP

ANALYZER_LIBS := -lpcap -lcrypto -lz -lm -lncursesw -ltinfo
SERVER_LIBS   := -lcrypto -lz -lm
CHECK_LIBS     = $(shell pkg-config --libs check)

# What apt-get calls the things we build and test with; the README gives the reason for each.
PACKAGES_BUILD := gcc libc6-dev make libpcap-dev libssl-dev zlib1g-dev libncurses-dev
PACKAGES_CHECK := pkg-config check clang libclang-rt-dev python3 tshark tmux iproute2 strace libcap2-bin

# --- sources ---------------------------------------------------------------------------------------

CORE_SOURCES     := $(wildcard analyzer/core/*.c)
MAIN_SOURCES     := analyzer/main.c
ANALYZER_SOURCES := $(filter-out $(MAIN_SOURCES),$(wildcard analyzer/*.c analyzer/*/*.c))
SERVER_SOURCES   := $(wildcard minimal-server/*.c)
UNIT_SOURCES     := $(wildcard tests/unit/test_*.c)
TOOL_SOURCES     := $(wildcard tests/tools/*.c tests/bench/*.c)
FUZZ_SOURCES     := $(wildcard tests/fuzz/fuzz_*.c)

# --- what is installed, and where --------------------------------------------------------------------

INTO     := $(DESTDIR)$(PREFIX)
PROGRAMS := $(BUILD)/ws101 $(BUILD)/ws101-server
MANUALS  := analyzer/ws101.1 minimal-server/ws101-server.1
CAPTURES := captures/README.md $(wildcard captures/*.pcap captures/*.pcapng captures/*.keys)

# one short line a step; V=1 shows whole commands
ifeq ($(V),)
say  = @echo "  $(1)	$(2)";
endif
run  = $(call say,$(1),$(2))$(3)

objects = $(patsubst %.c,$(1)/%.o,$(2))

# --- what people call ------------------------------------------------------------------------------

.PHONY: all demo check serve bench fuzz captures install uninstall clean help deps-build deps-check
.DEFAULT_GOAL := all

all: $(PROGRAMS) ## build both programs (the default)

demo: deps-build ## install what is missing, build, open a bundled capture
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@$(BUILD)/ws101 captures/demo.pcapng

check: deps-check ## install what is missing, build every way, pass every test
	@$(MAKE) --no-print-directory -j$$(nproc) all clang sanitized
	@tests/run $(BUILD)

serve: all ## start the reference server and say what to try
	@$(BUILD)/ws101-server

captures: all ## record every bundled capture again, and compare what it shows
	@captures/scripts/again.sh $(BUILD)/captures

install: all ## copy programs, man pages and captures below PREFIX (/usr/local); DESTDIR is honoured
	install -d $(INTO)/bin $(INTO)/share/man/man1 $(INTO)/share/ws101/captures
	install $(PROGRAMS) $(INTO)/bin
	install -m 644 $(MANUALS) $(INTO)/share/man/man1
	@echo "install -m 644 captures/* $(INTO)/share/ws101/captures"
	@install -m 644 $(CAPTURES) $(INTO)/share/ws101/captures
	@echo "so that users may capture without root: setcap cap_net_raw=ep $(PREFIX)/bin/ws101"

uninstall: ## remove what install copied
	rm -f $(patsubst $(BUILD)/%,$(INTO)/bin/%,$(PROGRAMS))
	rm -f $(addprefix $(INTO)/share/man/man1/,$(notdir $(MANUALS)))
	rm -rf $(INTO)/share/ws101

help: ## this list
	@echo "make TARGET, and of these:"
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' Makefile | expand -t 16
	@echo "Variables: BUILD=$(BUILD) PREFIX=$(PREFIX) CC=$(CC) CLANG=$(CLANG) CFLAGS='$(CFLAGS)'; V=1 shows whole commands."

clean: ## remove build/
	rm -rf $(BUILD)

# --- packages: installed only where missing, with sudo only where not root --------------------------

define install_missing
@missing=$$(dpkg-query -W -f '$${Package} $${db:Status-Status}\n' $(1) 2>&1 | \
    sed -n -e 's/^dpkg-query: no packages found matching //p' -e 's/^\([^ ]*\) not-installed$$/\1/p' -e 's/^\([^ ]*\) config-files$$/\1/p'); \
[ -n "$$missing" ] || exit 0; \
root=; [ "$$(id -u)" = 0 ] || root=sudo; \
if ! command -v $${root:-apt-get} >/dev/null; then \
    echo "missing here, please ask for them: $$missing" >&2; exit 1; \
fi; \
echo "installing:" $$missing; \
$$root apt-get update -qq && $$root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends $$missing >/dev/null
endef

deps-build:
	$(call install_missing,$(PACKAGES_BUILD))

deps-check:
	$(call install_missing,$(PACKAGES_BUILD) $(PACKAGES_CHECK))

# --- the programs: as shipped, and again under the sanitizers ----------------------------------------

# $(1): directory, $(2): compiler, $(3): flags
define programs
$(1)/%.o: %.c
	@mkdir -p $$(@D)
	$$(call run,compile,$$@,$(2) $$(CPPFLAGS) $(3) $$(BASE) -c $$< -o $$@)

# lessons put a student's object before this archive: the first definition wins
$(1)/libws101-core.a: $(call objects,$(1),$(CORE_SOURCES))
	@rm -f $$@
	$$(call run,archive,$$@,gcc-ar rcs $$@ $$^)

$(1)/libws101.a: $(call objects,$(1),$(filter-out $(CORE_SOURCES),$(ANALYZER_SOURCES)))
	@rm -f $$@
	$$(call run,archive,$$@,gcc-ar rcs $$@ $$^)

$(1)/ws101: $(call objects,$(1),$(MAIN_SOURCES)) $(1)/libws101.a $(1)/libws101-core.a
	$$(call run,link,$$@,$(2) $(3) $$(LDFLAGS) $$^ $$(ANALYZER_LIBS) -o $$@)

$(1)/ws101-server: $(call objects,$(1),$(SERVER_SOURCES))
	$$(call run,link,$$@,$(2) $(3) $$(LDFLAGS) $$^ $$(SERVER_LIBS) -o $$@)
endef

# the server's page is part of the program
$(foreach dir,$(BUILD) $(BUILD)/asan $(BUILD)/clang,$(eval $(dir)/minimal-server/endpoint.o: minimal-server/page.html))

$(eval $(call programs,$(BUILD),$(CC),$$(CFLAGS)))
$(eval $(call programs,$(BUILD)/asan,$(CC),$$(SANITIZE)))
$(eval $(call programs,$(BUILD)/clang,$(CLANG),-O1 -g))

# --- tests -------------------------------------------------------------------------------------------

SUITES  := $(patsubst tests/unit/%.c,$(BUILD)/asan/unit/%,$(UNIT_SOURCES))
TOOLS   := $(patsubst tests/%.c,$(BUILD)/%,$(TOOL_SOURCES)) $(BUILD)/bench/generate
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(FUZZ_SOURCES))

.PHONY: clang sanitized
clang: $(BUILD)/clang/ws101 $(BUILD)/clang/ws101-server $(FUZZERS)
sanitized: $(BUILD)/asan/ws101 $(BUILD)/asan/ws101-server $(SUITES) $(TOOLS)

$(BUILD)/asan/unit/%: tests/unit/%.c $(BUILD)/asan/libws101.a $(BUILD)/asan/libws101-core.a
	@mkdir -p $(@D)
	$(call run,suite,$@,$(CC) $(CPPFLAGS) -Itests $(SANITIZE) $(BASE) $< $(filter %.a,$^) $(CHECK_LIBS) $(ANALYZER_LIBS) -o $@)

bench: $(BUILD)/ws101 $(TOOLS) ## time the analyzer on generated traffic, totals compared
	@PYTHONDONTWRITEBYTECODE=1 tests/bench/analyzer.py $(BUILD)

# tests' own tools (generators, load clients); tests/tools/NAME.c and tests/bench/NAME.c are one program each
$(BUILD)/tools/%: tests/tools/%.c
	@mkdir -p $(@D)
	$(call run,tool,$@,$(CC) $(CPPFLAGS) $(CFLAGS) $(BASE) $< -lpcap -lcrypto -lz -lm -o $@)

WRAP_ALLOCATIONS := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup,--wrap=privileges_drop
# the sanitized ws101 inside a program that lets its allocations fail
$(BUILD)/tools/failalloc: tests/tools/failalloc.c $(call objects,$(BUILD)/asan,$(MAIN_SOURCES)) \
        $(BUILD)/asan/libws101.a $(BUILD)/asan/libws101-core.a
	@mkdir -p $(@D)
	@objcopy --redefine-sym main=ws101_main $(filter %.o,$^) $@.main.o
	$(call run,tool,$@,$(CC) $(CPPFLAGS) $(SANITIZE) $(BASE) $(WRAP_ALLOCATIONS) \
	    $< $@.main.o $(filter %.a,$^) $(ANALYZER_LIBS) -o $@)

$(BUILD)/bench/generate: $(wildcard tests/bench/generate/*.c) $(wildcard tests/bench/generate/*.h)
	@mkdir -p $(@D)
	$(call run,tool,$@,$(CC) $(CPPFLAGS) $(CFLAGS) -std=c11 $(WARNINGS) -Werror $(filter %.c,$^) -lcrypto -lz -o $@)

$(BUILD)/bench/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(call run,tool,$@,$(CC) $(CPPFLAGS) $(CFLAGS) $(BASE) $< -lpcap -lcrypto -lz -lm -o $@)

# libFuzzer targets: the analyzer is compiled once for all of them
FUZZ_FLAGS := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all
$(eval $(call programs,$(BUILD)/fuzzed,$(CLANG),$$(FUZZ_FLAGS) -fsanitize=fuzzer-no-link))

$(BUILD)/fuzz/%: tests/fuzz/%.c $(BUILD)/fuzzed/libws101.a $(BUILD)/fuzzed/libws101-core.a
	@mkdir -p $(@D)
	$(call run,fuzzer,$@,$(CLANG) $(CPPFLAGS) $(FUZZ_FLAGS) -fsanitize=fuzzer $(BASE) $< $(filter %.a,$^) $(ANALYZER_LIBS) -o $@)

fuzz: $(FUZZERS) ## every fuzz target for SECONDS (60), starting from what build/corpus has grown to
	@tests/fuzz/run.sh $(BUILD) $(or $(SECONDS),60)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
