#include "daemon/web/layout.h"
#include "daemon/web/pages.h"
#include "daemon/web/rate_chart.h"
#include "daemon/words/wording.h"

namespace culprit {
namespace {

using List = std::vector<IncidentStore::Incident>;

TemplateData row_of(const IncidentSummary& incident) {
    TemplateData row;
    for (const auto& [key, value] : {std::pair{"id", &incident.id},
                                     {"severity", &incident.severity},
                                     {"status", &incident.status},
                                     {"onset", &incident.onset},
                                     {"database", &incident.database},
                                     {"environment", &incident.environment}})
        set_text(row, key, *value);
    row.set("headline", incident.problem.empty() ? incident.id : incident.problem);
    row.set("onset_readable", readable_time(incident.onset));
    if (const Duration lasted = incident.seen - incident.began; lasted >= std::chrono::seconds{1})
        row.set("lasted", span_of(std::chrono::duration<double>(lasted).count()));
    row.set("count", counted(incident.count, "error"));
    if (incident.users > 0) row.set("users", counted(incident.users, "user"));
    std::string services;
    for (std::size_t at = 0; at < incident.services.size() && at < 3; ++at)
        services += (at > 0 ? ", " : "") + incident.services[at];
    if (incident.services.size() > 3) services += " and " + std::to_string(incident.services.size() - 3) + " more";
    set_text(row, "services", services);
    set_flag(row, "open", incident.status == "open");
    set_flag(row, "acknowledged", incident.acknowledged);
    set_flag(row, "silenced", !incident.silenced_until.empty());
    if (incident.attribution == "attributed") {
        TemplateData cause;
        cause.set("summary", incident.cause);
        cause.set("confidence", percent_of(incident.confidence));
        row.set("cause", cause);
    } else {
        row.set("no_cause", incident.attribution == "pending" ? "No cause yet: evidence may still arrive" : "No cause found");
    }
    row.set("spark", sparkline(incident.histogram));
    return row;
}

/// The values that occur, and the one that is asked for even when it does not.
TemplateData choices_of(const std::map<std::string, std::size_t>& facet, std::string_view chosen) {
    TemplateData options{TemplateData::type::list};
    auto values = facet;
    if (!chosen.empty()) values.try_emplace(std::string(chosen), 0);
    std::size_t shown = 0;
    for (const auto& [value, count] : values) {
        if (++shown > 200 && value != chosen) continue;
        TemplateData option;
        option.set("value", value);
        option.set("words", spaced(value));
        option.set("count", grouped(static_cast<std::int64_t>(count)));
        set_flag(option, "chosen", value == chosen);
        options << option;
    }
    return options;
}

TemplateData filter_of(const List& all, const UrlQuery& query) {
    const IncidentFacets facets = facets_of(all);
    TemplateData filters{TemplateData::type::list};
    for (const auto& [name, words, facet] :
         {std::tuple{"status", "Status", &facets.status}, std::tuple{"severity", "Severity", &facets.severity},
          std::tuple{"environment", "Environment", &facets.environment}, std::tuple{"service", "Service", &facets.service},
          std::tuple{"kind", "Kind", &facets.kind}}) {
        TemplateData filter;
        filter.set("name", name);
        filter.set("words", words);
        filter.set("options", choices_of(*facet, value_of(query, name)));
        filters << filter;
    }
    return filters;
}

TemplateData orders(std::string_view chosen) {
    TemplateData options{TemplateData::type::list};
    for (const auto& [value, words] : {std::pair{"open", "open first"},
                                       {"latest", "latest onset"},
                                       {"last_seen", "last seen"},
                                       {"severity", "severity"},
                                       {"count", "errors"}}) {
        TemplateData option;
        option.set("value", value);
        option.set("words", words);
        set_flag(option, "chosen", value == chosen);
        options << option;
    }
    return options;
}

std::string title_of(const List& all) {
    std::int64_t open = 0;
    for (const auto& incident : all) open += incident->summary.status == "open" ? 1 : 0;
    return open == 0 ? "No open incident" : counted(open, "open incident");
}

}  // namespace

std::string incidents_page(const List& all, const UrlQuery& query, const std::vector<std::string>& planned) {
    const std::string title = title_of(all);
    TemplateData values;
    values.set("title", title);
    values.set("q", std::string(value_of(query, "q")));
    values.set("filters", filter_of(all, query));
    values.set("orders", orders(value_of(query, "sort")));
    bool filtered = false;
    for (const auto& [name, value] : query) filtered = filtered || (name != "sort" && name != "limit" && !value.empty());
    set_flag(values, "filtered", filtered);

    TemplateData windows{TemplateData::type::list};
    for (const std::string& window : planned) windows << window;
    set_list(values, "planned", windows);

    const auto parsed = parse_incident_query(query);
    auto page = parsed ? select(all, parsed.value()) : Result<IncidentPage>(parsed.error());
    TemplateData rows{TemplateData::type::list};
    if (page) {
        for (const auto& incident : page.value().incidents) rows << row_of(incident->summary);
        const auto total = static_cast<std::int64_t>(page.value().total);
        if (total > 0)
            values.set("found", page.value().incidents.size() == page.value().total
                                    ? counted(total, "incident")
                                    : grouped(static_cast<std::int64_t>(page.value().incidents.size())) + " of " +
                                          counted(total, "incident"));
        if (!page.value().next.empty()) {
            UrlQuery next = query;
            next["cursor"] = page.value().next;
            values.set("next", "/" + to_text(next));
        }
        if (!value_of(query, "cursor").empty()) {
            UrlQuery first = query;
            first.erase("cursor");
            values.set("first", "/" + to_text(first));
        }
        set_flag(values, "none", all.empty());
        set_flag(values, "none_fits", !all.empty() && page.value().incidents.empty());
    } else {
        values.set("problem", page.error().message);
    }
    set_list(values, "incidents", rows);
    return framed({title, "incidents", "list", revision_of(all)}, fill("incidents.mustache", values));
}

}  // namespace culprit
