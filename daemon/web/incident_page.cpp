#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "daemon/text_values.h"
#include "daemon/web/layout.h"
#include "daemon/web/page_links.h"
#include "daemon/web/pages.h"
#include "daemon/web/rate_chart.h"
#include "daemon/words/json_fields.h"
#include "daemon/words/wording.h"

namespace culprit {
namespace {

using nlohmann::json;

constexpr std::size_t kSampleBytes = 8'192;  // a line of a megabyte is shown by its beginning; the document has it whole
constexpr std::size_t kRelated = 50;

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f", value);
    return text;
}

TemplateData texts_of(const json& object, std::string_view key) {
    TemplateData list{TemplateData::type::list};
    for (const json& each : elements_of(object, key))
        if (const std::string text = text_of(each); !text.empty()) list << text;
    return list;
}

/// At most so many bytes, never half a character.
std::string shortened(std::string text, std::size_t limit) {
    if (text.size() <= limit) return text;
    while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U) --limit;
    const std::size_t left = text.size() - limit;
    text.resize(limit);
    return text + " … (" + grouped(static_cast<std::int64_t>(left)) + " bytes more)";
}

std::string place_of(const json& source) {
    std::string place = text_of(source, "name");
    if (place.empty()) return place;
    if (const std::string partition = text_of(source, "partition"); !partition.empty()) place += "/" + partition;
    if (const std::string line = text_of(source, "line"); !line.empty()) return place + ", line " + line;
    if (const std::string offset = text_of(source, "offset"); !offset.empty()) place += ", offset " + offset;
    return place;
}

/// A bar that grows to the right for what speaks for the cause, to the left for what speaks against it.
std::string weight_bar(double weight, double heaviest) {
    const double share = std::clamp(std::fabs(weight) / heaviest, 0.0, 1.0) * 50;
    return "<svg class=\"weight\" aria-hidden=\"true\" width=\"100%\" height=\"12\"><line x1=\"50%\" x2=\"50%\" y1=\"0\" "
           "y2=\"12\"/><rect class=\"" +
           std::string(weight < 0 ? "against" : "for") + "\" x=\"" + number(weight < 0 ? 50 - share : 50) + "%\" width=\"" +
           number(share) + "%\" y=\"2\" height=\"8\"/></svg>";
}

TemplateData evidence_of(const json& cause) {
    std::vector<const json*> terms;
    double heaviest = 1;
    for (const json& term : elements_of(cause, "evidence")) {
        terms.push_back(&term);
        heaviest = std::max(heaviest, std::fabs(number_of(term, "weight")));
    }
    std::ranges::stable_sort(terms, std::greater<>(), [](const json* term) { return std::fabs(number_of(*term, "weight")); });
    TemplateData list{TemplateData::type::list};
    for (const json* term : terms) {
        const double weight = number_of(*term, "weight");
        TemplateData one;
        char shown[32];
        std::snprintf(shown, sizeof shown, "%+.1f", weight);
        one.set("weight", std::string(shown));
        one.set("side", weight < 0 ? "against" : "for");
        one.set("bar", weight_bar(weight, heaviest));
        one.set("name", spaced(text_of(*term, "name")));
        one.set("detail", text_of(*term, "detail"));
        list << one;
    }
    return list;
}

/// The strongest of what speaks for a cause, in its own words.
TemplateData reasons_for(const json& cause) {
    std::vector<const json*> terms;
    for (const json& term : elements_of(cause, "evidence"))
        if (number_of(term, "weight") > 0 && text_of(term, "name") != "prior") terms.push_back(&term);
    std::ranges::stable_sort(terms, std::greater<>(), [](const json* term) { return number_of(*term, "weight"); });
    TemplateData list{TemplateData::type::list};
    for (std::size_t at = 0; at < terms.size() && at < 3; ++at) {
        TemplateData one;
        one.set("name", spaced(text_of(*terms[at], "name")));
        one.set("detail", text_of(*terms[at], "detail"));
        list << one;
    }
    return list;
}

TemplateData cause_of(const json& cause, std::size_t rank, bool attributed) {
    TemplateData one;
    const double confidence = std::clamp(number_of(cause, "confidence"), 0.0, 1.0);
    one.set("rank", std::to_string(rank));
    one.set("confidence", percent_of(confidence));
    one.set("width", number(confidence * 100) + "%");
    one.set("summary", text_of(cause, "summary"));
    one.set("kind", spaced(text_of(cause, "kind")));
    set_flag(one, "first", rank == 1);
    set_flag(one, "culprit", rank == 1 && attributed);
    if (field(cause, "offset_seconds").is_number()) one.set("when", distance_of(number_of(cause, "offset_seconds")));
    set_text(one, "time", text_of(cause, "time"));
    set_text(one, "time_readable", readable_time(text_of(cause, "time")));
    set_text(one, "statement", shortened(text_of(cause, "statement"), kSampleBytes));
    set_text(one, "source", place_of(field(cause, "source")));
    set_list(one, "evidence", evidence_of(cause));
    set_list(one, "reasons_for", reasons_for(cause));
    return one;
}

struct EvidenceWords {
    const char *key, *words, *in_a_sentence, *unseen;
};
constexpr std::array<EvidenceWords, 5> kEvidence{
    {{"ddl", "Schema changes (DDL)", "schema changes", "set log_statement = ddl on the server and ship its log"},
     {"migrations", "Migrations", "migrations", "ship what the migration tool prints"},
     {"deployments", "Deployments", "deployments", "send an event with each deployment"},
     {"imports", "Imports", "imports", "ship what the import tool prints"},
     {"server_log", "PostgreSQL's own log", "PostgreSQL's own log", "ship the server's log"}}};

void set_evidence(TemplateData& values, const json& own) {
    const json& evidence = field(own, "evidence");
    TemplateData list{TemplateData::type::list};
    std::string flowing, quiet, blind;
    for (const EvidenceWords& kind : kEvidence) {
        const std::string state = text_of(evidence, kind.key);
        if (state.empty()) continue;
        TemplateData one;
        one.set("kind", kind.words);
        const bool seen = state == "flowing", never = state == "never_seen";
        one.set("state", seen ? "flowing" : never ? "never seen here" : spaced(state));
        one.set("look", seen ? "seen" : never ? "unseen" : "quiet");
        one.set("sign", seen ? "✓" : never ? "✗" : "–");
        if (never) one.set("hint", std::string("To see them: ") + kind.unseen + ".");
        list << one;
        std::string& names = seen ? flowing : never ? blind : quiet;
        names += std::string(names.empty() ? "" : ", ") + kind.in_a_sentence;
    }
    set_list(values, "flows", list);
    if (text_of(own, "attribution") != "unattributed") return;
    std::string sentence;
    if (!flowing.empty()) sentence += "Seen, and none of them explains it: " + flowing + ". ";
    if (!quiet.empty()) sentence += "Quiet for a while, so one may have been missed: " + quiet + ". ";
    if (!blind.empty()) sentence += "Could not have been seen, as nothing of the kind was ever read here: " + blind + ".";
    set_text(values, "blindness", sentence);
}

TemplateData samples_of(const json& symptom) {
    TemplateData samples{TemplateData::type::list};
    for (const json& sample : elements_of(symptom, "samples")) {
        TemplateData one;
        one.set("message", shortened(text_of(sample, "message"), kSampleBytes));
        set_text(one, "detail", shortened(text_of(sample, "detail"), kSampleBytes));
        set_text(one, "statement", shortened(text_of(sample, "statement"), kSampleBytes));
        std::string where = readable_time(text_of(sample, "time"));
        for (const char* key : {"service", "host"})
            if (const std::string name = text_of(sample, key); !name.empty()) where += " · " + name;
        if (const std::string place = place_of(field(sample, "source")); !place.empty()) where += " · " + place;
        set_text(one, "where", where);
        samples << one;
    }
    return samples;
}

TemplateData impact_of(const json& own) {
    TemplateData facts{TemplateData::type::list};
    const auto add = [&](const std::string& name, const std::string& value) {
        if (value.empty()) return;
        TemplateData fact;
        fact.set("name", name);
        fact.set("value", value);
        facts << fact;
    };
    const json &symptom = field(own, "symptom"), &impact = field(own, "impact");
    const auto count = [](const json& object, std::string_view key) {
        return grouped(static_cast<std::int64_t>(std::clamp(number_of(object, key), 0.0, 9e15)));
    };
    if (field(symptom, "count").is_number()) {
        std::string errors = count(symptom, "count");
        if (number_of(symptom, "application_count") > 0 && number_of(symptom, "server_count") > 0)
            errors += " (applications logged " + count(symptom, "application_count") + ", the server " +
                      count(symptom, "server_count") + ")";
        add("Errors", errors);
    }
    if (number_of(symptom, "rate_per_minute") > 0) {
        char rate[96];
        std::snprintf(rate, sizeof rate, "%.3g a minute, %.3g before", number_of(symptom, "rate_per_minute"),
                      number_of(symptom, "baseline_per_minute"));
        add("Rate", rate);
    }
    add("Course", text_of(own, "trend"));
    add("Users", number_of(impact, "users") > 0 ? count(impact, "users") : std::string("not named in the logs"));
    for (const auto& [key, words] : {std::pair{"services", "Services"}, {"hosts", "Hosts"}, {"releases", "Releases"}}) {
        std::string names;
        for (const json& name : elements_of(impact, key)) names += (names.empty() ? "" : ", ") + text_of(name);
        add(words, names);
    }
    std::string object = text_of(symptom, "name");
    if (const std::string table = text_of(symptom, "table"); !table.empty() && table != object) object += " on " + table;
    add("Object", object);
    std::string state = spaced(text_of(symptom, "kind"));
    if (const std::string code = text_of(symptom, "sqlstate"); !code.empty()) state += " (SQLSTATE " + code + ")";
    add("Error", state);
    return facts;
}

TemplateData timeline_of(const json& own) {
    TemplateData timeline{TemplateData::type::list};
    const auto onset = parse_time(text_of(own, "onset"));
    for (const json& moment : elements_of(own, "timeline")) {
        TemplateData one;
        const std::string time = text_of(moment, "time");
        one.set("exact", time);
        one.set("time", time.size() >= 19 ? time.substr(11, 8) : time);
        if (const auto at = parse_time(time); at && onset) {
            const double offset = std::chrono::duration<double>(*at - *onset).count();
            one.set("offset", std::fabs(offset) < 0.5 ? "0" : (offset < 0 ? "−" : "+") + span_of(offset));
        }
        one.set("what", spaced(text_of(moment, "what")));
        one.set("text", shortened(text_of(moment, "text"), kSampleBytes));
        if (const std::string what = text_of(moment, "what");
            what == "onset" || what == "change" || what == "remedy" || what == "resolved")
            one.set("look", what);
        timeline << one;
    }
    return timeline;
}

TemplateData related_of(const json& own, const IncidentStore& all) {
    TemplateData related{TemplateData::type::list};
    std::size_t shown = 0;
    for (const json& each : elements_of(own, "related")) {
        const std::string id = text_of(each);
        if (id.empty() || ++shown > kRelated) continue;
        TemplateData one;
        one.set("id", id);
        const auto kept = all.find(id);
        one.set("headline", kept && !kept->summary.headline.empty() ? kept->summary.headline : id);
        if (kept) one.set("severity", kept->summary.severity);
        related << one;
    }
    return related;
}

TemplateData links_of(const json& document, const std::vector<PageLink>& configured) {
    TemplateData links{TemplateData::type::list};
    const auto add = [&](const std::string& address, const std::string& words) {
        if (!address.starts_with("https://") && !address.starts_with("http://")) return;  // never javascript:
        TemplateData one;
        one.set("address", address);
        one.set("words", words.empty() ? address : words);
        links << one;
    };
    for (const json& link : elements_of(field(document, "culprit"), "links"))
        add(link.is_string() ? text_of(link) : text_of(link, "url"), text_of(link, "title"));
    for (const PageLink& link : configured)
        if (const auto address = link_to(link.url, document)) add(*address, link.title);
    return links;
}

void set_diagnosis(TemplateData& values, const json& own) {
    const json& diagnosis = field(own, "diagnosis");
    if (!diagnosis.is_object()) return;
    TemplateData found;
    found.set("summary", text_of(diagnosis, "summary"));
    for (const char* key : {"steps", "verify_sql", "fix_sql", "references"}) set_list(found, key, texts_of(diagnosis, key));
    if (const json& fixes = elements_of(diagnosis, "fix_sql"); !fixes.empty())
        found.set("first_fix", text_of(fixes.front()));
    else if (const json& steps = elements_of(diagnosis, "steps"); !steps.empty())
        found.set("first_step", text_of(steps.front()));
    values.set("diagnosis", found);
}

void set_notes(TemplateData& values, const json& own) {
    if (field(own, "acknowledged") == true) {
        TemplateData said;
        said.set("time", readable_time(text_of(own, "acknowledged_at")));
        set_text(said, "by", text_of(own, "acknowledged_by"));
        set_text(said, "text", text_of(own, "acknowledged_note"));
        values.set("acknowledged", said);
    }
    if (const std::string until = text_of(own, "silenced_until"); !until.empty()) {
        TemplateData said;
        said.set("time", readable_time(until));
        values.set("silenced", said);
    }
    TemplateData feedback{TemplateData::type::list};
    for (const json& each : elements_of(own, "feedback")) {
        TemplateData said;
        const std::string verdict = text_of(each, "verdict");
        said.set("verdict", verdict == "right"   ? "The named cause is right"
                            : verdict == "wrong" ? "That was not it"
                                                 : "It was something else");
        for (const char* key : {"by", "cause", "text"}) set_text(said, key, text_of(each, key));
        said.set("time", readable_time(text_of(each, "time")));
        feedback << said;
    }
    set_list(values, "feedback", feedback);
}

}  // namespace

std::string incident_page(const KeptIncident& incident, const IncidentStore& all, const std::vector<PageLink>& links) {
    const json document = json::parse(incident.document.json, nullptr, false);
    const json& own = field(document, "culprit");
    const std::string attribution = text_of(own, "attribution");
    TemplateData values;
    values.set("id", incident.document.id);
    for (const char* key : {"severity", "status", "trend", "merged_into"}) set_text(values, key, text_of(own, key));
    const std::string headline = text_of(document, "message");
    values.set("headline", headline.empty() ? "Incident " + incident.document.id : headline);
    for (const auto& [key, from] : {std::pair{"onset", "onset"}, {"last_seen", "last_seen"}, {"resolved", "resolved_at"}}) {
        set_text(values, key, text_of(own, from));
        set_text(values, std::string(key) + "_readable", readable_time(text_of(own, from)));
    }
    set_text(values, "resolved_by", spaced(text_of(own, "resolved_by")));
    const auto began = parse_time(text_of(own, "onset")), ended = parse_time(text_of(own, "last_seen"));
    if (began && ended && *ended - *began >= std::chrono::seconds{1})
        values.set("lasted", span_of(std::chrono::duration<double>(*ended - *began).count()));
    const IncidentSummary& summary = incident.summary;
    values.set("count", counted(summary.count, "error"));
    set_text(values, "environment", summary.environment);
    set_text(values, "database", summary.database);
    TemplateData services{TemplateData::type::list};
    for (const std::string& service : summary.services) services << service;
    set_list(values, "services", services);
    set_list(values, "reasons", texts_of(own, "severity_reasons"));
    set_flag(values, "planned", text_of(field(document, "labels"), "maintenance") == "true");
    set_flag(values, "open", incident.document.status == "open");

    set_flag(values, "attributed", attribution == "attributed");
    if (attribution != "attributed")
        values.set("verdict", attribution == "pending" ? "No cause yet: evidence may still arrive." : "No cause found.");
    TemplateData causes{TemplateData::type::list};
    std::size_t rank = 0;
    for (const json& cause : elements_of(own, "causes")) {
        const TemplateData one = cause_of(cause, ++rank, attribution == "attributed");
        causes << one;
        if (rank == 1 && attribution == "attributed") values.set("cause", one);
    }
    set_list(values, "causes", causes);
    set_evidence(values, own);
    set_diagnosis(values, own);
    set_text(values, "chart", rate_chart(document));
    set_list(values, "samples", samples_of(field(own, "symptom")));
    set_list(values, "impact", impact_of(own));
    set_list(values, "timeline", timeline_of(own));
    set_list(values, "related", related_of(own, all));
    set_list(values, "links", links_of(document, links));
    set_notes(values, own);
    return framed({values.get("headline")->string_value(), "incidents", incident.document.id, incident.revision},
                  fill("incident.mustache", values));
}

std::string message_page(const std::string& title, const std::string& sentence) {
    TemplateData values;
    values.set("title", title);
    values.set("sentence", sentence);
    return framed({title, ""}, fill("message.mustache", values));
}

}  // namespace culprit
