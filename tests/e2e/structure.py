#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The source keeps its shape: who may include whom, the core's reading order, no cycle, no hidden state, no I/O
in the core. Includes are read from the sources, the rest from clang's objects: gcc's hold no code before linking."""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get('BUILD', os.path.join(ROOT, 'build')))
ANALYZER = os.path.join(ROOT, 'analyzer')

# The core from the wire up: a file includes only what stands before it.
READING_ORDER = '''bytes memory limits link fragments ip tcp held stream http_text http_head http handshake utf8 frame inflater
                   message event rules fields emitter resume tls joining exchange pings closing frame_judge websocket flow protocol connection recent
                   ended dissector'''.split()

# Which directories a directory may include from, or which single headers. '' is analyzer/ itself.
ARROWS = {
    'core': [],
    'store': ['core'],
    'report': ['core'],
    'capture': ['core/bytes.h', 'core/link.h'],
    'view': ['store', 'report', 'core', 'capture/capture.h', 'capture/error.h', 'capture/interfaces.h',
             'capture/privileges.h', 'inputs.h', 'options.h', 'reading.h', 'saving.h', 'extract.h'],
    'play': ['core'],
    'learn': ['core', 'store', 'report', 'options.h'],
    'race': ['core', 'store', 'report', 'capture', 'options.h'],
}
STATELESS = ['core', 'store', 'report']
CORE_SYSTEM_HEADERS = {'assert.h', 'endian.h', 'limits.h', 'stdalign.h', 'stdbool.h', 'stddef.h', 'stdint.h', 'string.h',
                       'strings.h', 'openssl/evp.h', 'openssl/sha.h', 'zlib.h'}
ALLOCATING = {'memory.c', 'dissector.c'}        # all that the core keeps; itself, and its list at the end
ALLOCATION = {'malloc', 'calloc', 'realloc', 'free', 'strdup', 'posix_memalign', 'aligned_alloc'}
OUTSIDE = re.compile(r'^(f?printf|v?s?n?printf|puts|putc.*|fputs|fopen|fread|fwrite|open|read|write|close|poll|select'
                     r'|time|clock.*|gettimeofday|getenv|socket|pcap_.*|rand|random|srand|exit|abort)(@.*)?$')

passed = failed = 0


def check(name, wrong):
    global passed, failed
    if wrong:
        failed += 1
        print('FAILED: %s\n    %s' % (name, '\n    '.join(sorted(wrong))))
    else:
        passed += 1


def sources():
    """{path below analyzer/: (headers in quotes as paths below analyzer/, headers in angle brackets)}"""
    found = {}
    for folder, _, names in os.walk(ANALYZER):
        for name in names:
            if not name.endswith(('.c', '.h')):
                continue
            path = os.path.relpath(os.path.join(folder, name), ANALYZER)
            with open(os.path.join(folder, name)) as file:
                text = file.read()
            own = [resolve(path, header) for header in re.findall(r'^#include "([^"]+)"', text, re.M)]
            found[path] = own, re.findall(r'^#include <([^>]+)>', text, re.M)
    return found


def resolve(path, header):
    beside = os.path.join(os.path.dirname(path), header)
    return beside if os.path.exists(os.path.join(ANALYZER, beside)) else header


def may_include(folder, header):
    return os.path.dirname(header) in (folder, *ARROWS[folder]) or header in ARROWS[folder]


def check_arrows(files):
    folders = {os.path.dirname(path) for path in files} - {''}
    check('each directory has its arrows', folders - set(ARROWS))
    for folder in sorted(folders & set(ARROWS)):
        check('arrows of ' + folder, ['%s includes %s' % (path, header) for path, (own, _) in files.items()
                                      if os.path.dirname(path) == folder
                                      for header in own if not may_include(folder, header)])


def check_order(files):
    """One order for headers; a source may include what its own header may, and its own."""
    place = {name: i for i, name in enumerate(READING_ORDER)}
    stem = {path: os.path.splitext(os.path.basename(path))[0] for path in files if path.startswith('core/')}
    check('each core file has its place', {path for path in stem if stem[path] not in place})
    wrong = set()
    for path in stem:
        for header in files[path][0]:
            other = os.path.splitext(os.path.basename(header))[0]
            if place.get(other, 0) > place.get(stem[path], 0):
                wrong.add('%s includes %s, which comes later' % (path, header))
    check('the reading order of the core', wrong)


def check_cycles(files):
    state, cycles = {}, set()

    def visit(path, way):
        if state.get(path) == 'open':
            cycles.add(' -> '.join(way[way.index(path):] + [path]))
        if path in state or path not in files:
            return
        state[path] = 'open'
        for header in files[path][0]:
            visit(header, way + [path])
        state[path] = 'done'

    for path in files:
        visit(path, [])
    check('no include cycle', cycles)


def check_system_headers(files):
    wrong = set()
    for path, (_, system) in files.items():
        allowed = CORE_SYSTEM_HEADERS | ({'stdlib.h'} if os.path.basename(path) in ALLOCATING else set())
        if path.startswith('core/'):
            wrong |= {'%s includes <%s>' % (path, header) for header in system if header not in allowed}
    check('system headers of the core', wrong)


def check_widths():
    """What stands side by side on a screen can be read there."""
    wide = []
    for root, _, names in list(os.walk(ANALYZER)) + list(os.walk(os.path.join(ROOT, 'minimal-server'))):
        for name in names:
            if name.endswith(('.c', '.h')):
                with open(os.path.join(root, name), encoding='utf-8') as source:
                    wide += ['%s:%d' % (name, n) for n, line in enumerate(source, 1) if len(line) > 111]
    check('no line of more than 110 columns', wide)


def objects(folder):
    where = os.path.join(BUILD, 'clang/analyzer', folder)
    current = {name[:-2] for name in os.listdir(os.path.join(ANALYZER, folder)) if name.endswith('.c')}
    return [os.path.join(where, name + '.o') for name in sorted(current)]


def writable_symbols(path):
    """Symbols in .data, .bss or common. .data.rel.ro is constant: only the loader writes there."""
    lines = subprocess.run(['objdump', '-t', path], capture_output=True, text=True, check=True).stdout.splitlines()
    return ['%s: %s' % (os.path.basename(path), line.split()[-1]) for line in lines
            if re.search(r' (\.data|\.bss|\.tdata|\.tbss|\*COM\*)(\.(?!rel\.ro)\S*)?\t0*[1-9a-f]', line)]


def undefined_symbols(path):
    out = subprocess.run(['nm', '-u', path], capture_output=True, text=True, check=True).stdout
    return {line.split()[-1] for line in out.splitlines() if line.strip()}


def check_objects():
    for folder in STATELESS:
        check('no writable symbol in ' + folder, [symbol for path in objects(folder) for symbol in writable_symbols(path)])
    wrong = set()
    for path in objects('core'):
        name = os.path.basename(path)[:-2] + '.c'
        calls = undefined_symbols(path)
        wrong |= {'%s calls %s' % (name, symbol) for symbol in calls if OUTSIDE.match(symbol)}
        if name not in ALLOCATING:
            wrong |= {'%s calls %s' % (name, symbol) for symbol in calls & ALLOCATION}
    check('no I/O, no clock, no allocation but by memory.c in the core', wrong)


def check_the_check():
    """A counter in a file's scope would be seen."""
    path = os.path.join(BUILD, 'structure-probe.o')
    code = b'static int counter; int count(void); int count(void) { return ++counter; }\n'
    subprocess.run(['gcc', '-x', 'c', '-c', '-', '-o', path], input=code, check=True)
    check('a writable symbol is seen', [] if writable_symbols(path) else ['it was not'])
    os.unlink(path)


def main():
    files = sources()
    check_arrows(files)
    check_order(files)
    check_cycles(files)
    check_system_headers(files)
    check_widths()
    check_objects()
    check_the_check()
    print('%d passed, %d failed' % (passed, failed))
    sys.exit(failed > 0)


main()
