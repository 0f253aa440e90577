#pragma once
// Which incidents a list shows, in which order, from where: the query of `/` and of `/api/v1/incidents`. Pure.
//
// A cursor names the last incident that was shown by its place in the order, not by a number: what arrives meanwhile neither
// repeats nor hides one.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "daemon/web/incident_store.h"
#include "daemon/web/url_query.h"
#include "matchers/result.h"

namespace culprit {

enum class IncidentOrder { open_first, latest, last_seen, severity, count };

struct IncidentQuery {
    // Empty: any. Of several values, separated by commas, one must fit.
    std::string environment, service, severity, status, kind, attribution, database;
    std::string text;  // `q`: every word must occur
    IncidentOrder order = IncidentOrder::open_first;
    std::size_t limit = 50;
    std::string cursor;

    static constexpr std::size_t kMost = 500;
};

/// Unknown names are errors, as a misspelt filter would show everything.
Result<IncidentQuery> parse_incident_query(const UrlQuery& query);

struct IncidentPage {
    std::vector<IncidentStore::Incident> incidents;
    std::size_t total = 0;  // that fit, on all pages
    std::string next;       // the next page's cursor; empty: this was the last
};

Result<IncidentPage> select(const std::vector<IncidentStore::Incident>& all, const IncidentQuery& query);

/// The latest of the store's revisions among them; 0 of none.
std::uint64_t revision_of(const std::vector<IncidentStore::Incident>& all);

/// The values that occur, with how often: what a filter can be set to.
struct IncidentFacets {
    std::map<std::string, std::size_t> environment, service, severity, status, kind;
};
IncidentFacets facets_of(const std::vector<IncidentStore::Incident>& all);

}  // namespace culprit
