#pragma once
// Documents → the body of one Elasticsearch `_bulk` request. Pure.
//
// Only `index` operations: they alone carry external versions; one versioned `update` or `create` fails a whole bulk.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "correlator/correlator.h"

namespace culprit {

/// `<base>-YYYY.MM` of the id's time bucket (UTC), so that one id lives in one index.
std::string monthly_index(std::string_view base, EventTime bucket);

/// Where documents of changes go: `culprit-changes` beside `culprit-incidents`, else `<incidents>-changes`.
std::string changes_index(std::string_view incidents);

struct BulkRequest {
    std::string body;           // NDJSON, ends with a line break
    std::size_t documents = 0;  // how many of the given ones it holds, from the first
};

/// The documents from `from` on, as many as fit into `max_bytes`, and at least one: a document larger than that goes alone, and
/// the server decides. Requires `from < documents.size()`.
BulkRequest bulk_request(const std::vector<IncidentDocument>& documents, std::size_t from, std::string_view index,
                         std::size_t max_bytes);

}  // namespace culprit
