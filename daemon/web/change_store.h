#pragma once
// The documents of changes as they stand (docs/changes.md), in memory, for the page and the API. Thread-safe; what is read never
// changes under its reader.
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "correlator/correlator.h"
#include "daemon/web/url_query.h"
#include "matchers/result.h"

namespace culprit {

/// What lists need of a change, read out of its document once.
struct KeptChange {
    IncidentDocument document;
    std::string verdict;  // open, clean, dirty
    EventTime time{};
    bool warned = false;     // a warning of it is open
    std::string searchable;  // lower case
};

class ChangeStore {
   public:
    explicit ChangeStore(std::size_t limit = 10'000) : limit_(limit) {}

    /// Keeps the newest revision of each; beyond the limit the oldest go. False when nothing is new.
    bool put(const std::vector<IncidentDocument>& revisions);

    using Change = std::shared_ptr<const KeptChange>;
    /// Newest first, without the merged ones.
    std::vector<Change> list() const;
    Change find(std::string_view id) const;
    std::size_t size() const;

   private:
    const std::size_t limit_;
    mutable std::mutex mutex_;
    std::map<std::string, Change, std::less<>> changes_;
};

struct ChangePage {
    std::vector<ChangeStore::Change> changes;
    std::size_t total = 0;
    std::string next;  // cursor; empty: this was the last page
};

/// `verdict` (of several, separated by commas, one), `warnings=open`, `q`, `limit`, `cursor`. Unknown names are errors.
Result<ChangePage> select_changes(const std::vector<ChangeStore::Change>& all, const UrlQuery& query);

}  // namespace culprit
