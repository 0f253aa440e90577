#pragma once
// What Elasticsearch's answer to a `_bulk` means for each document: it is safe, try again, dead-letter it, or stop. Pure.
//
// Sources: Elasticsearch reference, "Bulk API" (items in the order of the operations, one status each) and "Index API,
// external versioning" (409 when the stored version is equal or higher).
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "correlator/correlator.h"

namespace culprit {

enum class Verdict {
    written,
    unchanged,     // the server holds this revision or a newer one of our own or an earlier epoch
    retry,         // soon, with backoff
    retry_slowly,  // only a person can repair it: rights, a blocked cluster, a missing index
    dead_letter,   // the server will never take it
    stop           // a writer of a higher epoch has taken over
};
std::string_view to_string(Verdict);

struct ItemVerdict {
    Verdict verdict = Verdict::retry;
    std::string reason;  // empty when written or unchanged; one line
};

/// What to do about the request as a whole.
enum class BulkOutcome {
    items,  // look at the items
    retry,  // nothing is known of any document
    retry_slowly,
    split  // too large or not understood as a whole: send the documents one by one; one alone is dead-lettered
};

struct BulkVerdict {
    BulkOutcome outcome = BulkOutcome::retry;
    std::string reason;              // of an outcome other than `items`
    std::vector<ItemVerdict> items;  // with `items`: one a document, in the request's order
};

/// The epoch is kept in a version's high bits (DESIGN.md, "Versions").
constexpr std::int64_t epoch_of(std::int64_t version) { return version >> 40; }

/// `versions` are those of the request's documents, in its order.
BulkVerdict judge_bulk_response(int http_status, std::string_view body, const std::vector<std::int64_t>& versions);

/// One line for a person out of an error body: Elasticsearch's `error.reason` with its cause, or the beginning of the body.
std::string error_reason(std::string_view body);

}  // namespace culprit
