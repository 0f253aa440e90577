#include "daemon/web/incident_query.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <compare>

namespace culprit {
namespace {

constexpr std::array<std::pair<std::string_view, IncidentOrder>, 5> kOrders{{{"open", IncidentOrder::open_first},
                                                                             {"latest", IncidentOrder::latest},
                                                                             {"last_seen", IncidentOrder::last_seen},
                                                                             {"severity", IncidentOrder::severity},
                                                                             {"count", IncidentOrder::count}}};

/// An incident's place in an order: the greatest comes first.
struct Place {
    std::int64_t major = 0, minor = 0;
    std::string id;
    auto operator<=>(const Place&) const = default;
};

/// SEV1 → 4 … SEV4 → 1, else 0.
std::int64_t gravity(const std::string& severity) {
    return severity.size() == 4 && severity[3] >= '1' && severity[3] <= '4' ? '5' - severity[3] : 0;
}

Place place_of(const IncidentSummary& incident, IncidentOrder order) {
    const std::int64_t began = to_micros(incident.began);
    switch (order) {
        case IncidentOrder::open_first:
            return {incident.status == "open" ? 1 : 0, began, incident.id};
        case IncidentOrder::latest:
            return {began, 0, incident.id};
        case IncidentOrder::last_seen:
            return {to_micros(incident.seen), 0, incident.id};
        case IncidentOrder::severity:
            return {gravity(incident.severity), began, incident.id};
        case IncidentOrder::count:
            return {incident.count, began, incident.id};
    }
    return {};
}

std::string to_cursor(const Place& place) {
    return std::to_string(place.major) + "." + std::to_string(place.minor) + "." + place.id;
}

std::optional<Place> from_cursor(std::string_view cursor) {
    Place place;
    for (std::int64_t* number : {&place.major, &place.minor}) {
        const std::size_t dot = cursor.find('.');
        if (dot == std::string_view::npos) return std::nullopt;
        const auto [end, problem] = std::from_chars(cursor.data(), cursor.data() + dot, *number);
        if (problem != std::errc() || end != cursor.data() + dot) return std::nullopt;
        cursor.remove_prefix(dot + 1);
    }
    if (cursor.empty()) return std::nullopt;
    place.id = cursor;
    return place;
}

std::vector<std::string> split(std::string_view text, char by) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(by), text.size());
        if (end > 0) parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

/// The query with its lists taken apart once.
class Filter {
   public:
    explicit Filter(const IncidentQuery& query)
        : environments_(split(query.environment, ',')),
          services_(split(query.service, ',')),
          severities_(split(query.severity, ',')),
          statuses_(split(query.status, ',')),
          kinds_(split(query.kind, ',')),
          attributions_(split(query.attribution, ',')),
          databases_(split(query.database, ',')),
          words_(split(lower_case(query.text), ' ')) {}

    bool fits(const IncidentSummary& incident) const {
        const auto one_of = [](const std::vector<std::string>& wanted, const std::string& value) {
            return wanted.empty() || std::ranges::find(wanted, value) != wanted.end();
        };
        return one_of(environments_, incident.environment) && one_of(severities_, incident.severity) &&
               one_of(statuses_, incident.status) && one_of(kinds_, incident.kind) &&
               one_of(attributions_, incident.attribution) && one_of(databases_, incident.database) &&
               (services_.empty() ||
                std::ranges::any_of(incident.services, [&](const auto& name) { return one_of(services_, name); })) &&
               std::ranges::all_of(words_,
                                   [&](const std::string& word) { return incident.searchable.find(word) != std::string::npos; });
    }

   private:
    std::vector<std::string> environments_, services_, severities_, statuses_, kinds_, attributions_, databases_, words_;
};

}  // namespace

Result<IncidentQuery> parse_incident_query(const UrlQuery& given) {
    IncidentQuery query;
    for (const auto& [name, value] : given) {
        if (name == "environment") {
            query.environment = value;
        } else if (name == "service") {
            query.service = value;
        } else if (name == "severity") {
            query.severity = value;
        } else if (name == "status") {
            query.status = value;
        } else if (name == "kind") {
            query.kind = value;
        } else if (name == "attribution") {
            query.attribution = value;
        } else if (name == "database") {
            query.database = value;
        } else if (name == "q") {
            query.text = value;
        } else if (name == "cursor") {
            query.cursor = value;
        } else if (name == "sort") {
            const auto found = std::ranges::find(kOrders, value, &std::pair<std::string_view, IncidentOrder>::first);
            if (found == kOrders.end() && !value.empty())
                return Error{"sort: '" + value + "' is none of open, latest, last_seen, severity, count"};
            if (found != kOrders.end()) query.order = found->second;
        } else if (name == "limit") {
            const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), query.limit);
            if (problem != std::errc() || end != value.data() + value.size() || query.limit == 0 ||
                query.limit > IncidentQuery::kMost)
                return Error{"limit: expected a number from 1 to " + std::to_string(IncidentQuery::kMost) + ", not '" + value +
                             "'"};
        } else {
            return Error{"'" + name +
                         "' is no parameter of this list; there are environment, service, severity, status, kind, attribution, "
                         "database, q, sort, limit and cursor"};
        }
    }
    if (!query.cursor.empty() && !from_cursor(query.cursor))
        return Error{"cursor: '" + query.cursor + "' is none that this list gave; leave it out to begin anew"};
    return query;
}

Result<IncidentPage> select(const std::vector<IncidentStore::Incident>& all, const IncidentQuery& query) {
    const Filter filter(query);
    const auto after = from_cursor(query.cursor);
    if (!after && !query.cursor.empty()) return Error{"cursor: '" + query.cursor + "' is none that this list gave"};
    IncidentPage page;
    std::vector<std::pair<Place, const IncidentStore::Incident*>> rest;
    for (const auto& incident : all) {
        if (!filter.fits(incident->summary)) continue;
        ++page.total;
        Place place = place_of(incident->summary, query.order);
        if (!after || place < *after) rest.emplace_back(std::move(place), &incident);
    }
    const std::size_t shown = std::min(query.limit, rest.size());
    std::partial_sort(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(shown), rest.end(),
                      [](const auto& a, const auto& b) { return b.first < a.first; });
    for (std::size_t at = 0; at < shown; ++at) page.incidents.push_back(*rest[at].second);
    if (shown < rest.size()) page.next = to_cursor(rest[shown - 1].first);
    return page;
}

std::uint64_t revision_of(const std::vector<IncidentStore::Incident>& all) {
    std::uint64_t latest = 0;
    for (const auto& incident : all) latest = std::max(latest, incident->revision);
    return latest;
}

IncidentFacets facets_of(const std::vector<IncidentStore::Incident>& all) {
    IncidentFacets facets;
    const auto count = [](std::map<std::string, std::size_t>& facet, const std::string& value) {
        if (!value.empty()) ++facet[value];
    };
    for (const auto& incident : all) {
        const IncidentSummary& summary = incident->summary;
        count(facets.environment, summary.environment);
        count(facets.severity, summary.severity);
        count(facets.status, summary.status);
        count(facets.kind, summary.kind);
        for (const std::string& service : summary.services) count(facets.service, service);
    }
    return facets;
}

}  // namespace culprit
