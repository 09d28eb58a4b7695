"""Indexes of three libraries. (vectors, first version or None, …) → search(queries, ef) → ids; and what is found."""

import faiss
import hnswlib
import numpy as np
from usearch.index import Index

from predicted import K

faiss.omp_set_num_threads(1)


def of_hnswlib(vectors, before, seed, links, construction):
    index = hnswlib.Index("ip", vectors.shape[1])
    index.init_index(len(vectors), M=links, ef_construction=construction, random_seed=seed)
    index.set_num_threads(1)
    index.add_items(vectors if before is None else before, np.arange(len(vectors)))
    if before is not None:
        moved = np.flatnonzero((vectors != before).any(1))
        index.add_items(vectors[moved], moved)

    def search(queries, ef):
        index.set_ef(ef)
        return index.knn_query(queries, K)[0]

    return search


def of_faiss(vectors, before, seed, links, construction):
    if before is not None:
        return None  # An HNSW index of faiss replaces nothing.
    index = faiss.IndexHNSWFlat(vectors.shape[1], links, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = construction
    index.add(vectors)

    def search(queries, ef):
        index.hnsw.efSearch = ef
        return index.search(queries, K)[1]

    return search


def of_usearch(vectors, before, seed, links, construction):
    index = Index(ndim=vectors.shape[1], metric="ip", dtype="f32", connectivity=links, expansion_add=construction)
    keys = np.arange(len(vectors))
    index.add(keys, vectors if before is None else before, threads=1)
    if before is not None:
        moved = np.flatnonzero((vectors != before).any(1))
        index.remove(moved)
        index.add(moved, vectors[moved], threads=1)

    def search(queries, ef):
        index.expansion_search = ef
        return index.search(queries, K, threads=1, exact=False).keys.astype(np.int64)

    return search


LIBRARIES = {"hnswlib": of_hnswlib, "faiss": of_faiss, "usearch": of_usearch}
DISCOUNT = 1 / np.log2(np.arange(2, K + 2))


def measure(found, truth, family):
    """recall@K and ndcg@K of the relevant items, and the share of the exact K that was found."""
    ids, recall, ndcg = family["item_ids"], [], []
    for q, row in zip(family["query_ids"], found):
        relevant = family["relevant"].get(q)
        if relevant:
            hits = np.array([0 <= i < len(ids) and ids[i] in relevant for i in row[:K]] + [False] * (K - len(row[:K])))
            recall.append(hits.sum() / len(relevant))
            ndcg.append((hits * DISCOUNT).sum() / DISCOUNT[: len(relevant)].sum())
    graph = (found[:, :, None] == truth[:, None, :]).any(2).sum(1).mean() / K
    return np.array([np.mean(recall), np.mean(ndcg), graph])


def exact(vectors, family):
    scores = family["query"] @ vectors.T
    first = np.argpartition(-scores, K, axis=1)[:, :K]
    return np.take_along_axis(first, np.argsort(-np.take_along_axis(scores, first, 1), axis=1, kind="stable"), 1)
