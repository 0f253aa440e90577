#include "daemon/web/pages.h"

#include <cmath>
#include <cstdio>
#include <kainjow/mustache.hpp>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace culprit {
namespace {

using kainjow::mustache::data;
using kainjow::mustache::mustache;
using nlohmann::json;

std::string_view embedded(std::string_view name) {
    for (const EmbeddedFile& file : embedded_web_pages())
        if (file.name == name) return file.content;
    throw std::logic_error("the page " + std::string(name) + " is not embedded");
}

std::string fill(std::string_view name, const data& values) { return mustache(std::string(embedded(name))).render(values); }

std::string page(const std::string& title, const std::string& content, bool refresh) {
    data values;
    values.set("title", title);
    values.set("content", content);
    values.set("refresh", refresh ? data::type::bool_true : data::type::bool_false);
    return fill("page.mustache", values);
}

/// The value at a place of a document that may lack any part of it.
const json& at(const json& object, std::string_view key) {
    static const json none;
    if (!object.is_object()) return none;
    const auto found = object.find(std::string(key));
    return found == object.end() ? none : *found;
}
std::string text(const json& value) {
    if (value.is_string()) return value.get<std::string>();
    return value.is_number() ? value.dump() : std::string();
}
std::string text(const json& object, std::string_view key) { return text(at(object, key)); }

/// Left out when empty, so that `{{#key}}` asks whether there is something.
void set_text(data& values, const std::string& key, const std::string& value) {
    if (!value.empty()) values.set(key, value);
}
void set_list(data& values, const std::string& key, const json& list, const std::string& has = {}) {
    data items{data::type::list};
    bool any = false;
    if (list.is_array())
        for (const json& one : list)
            if (const std::string item = text(one); !item.empty()) {
                items << item;
                any = true;
            }
    values.set(key, items);
    if (!has.empty()) values.set(has, any ? data::type::bool_true : data::type::bool_false);
}

/// 2026-02-03T04:05:06.123456Z → 2026-02-03 04:05:06 UTC.
std::string readable(const std::string& rfc3339) {
    if (rfc3339.size() < 20 || rfc3339[10] != 'T') return rfc3339;
    return rfc3339.substr(0, 10) + " " + rfc3339.substr(11, 8) + " UTC";
}

std::string distance(const json& cause) {
    const json& offset = at(cause, "offset_seconds");
    if (!offset.is_number()) return {};
    const double seconds = offset.get<double>();
    const auto whole = static_cast<long long>(std::llround(std::min(std::fabs(seconds), 1e12)));
    char span[64];
    if (whole < 120)
        std::snprintf(span, sizeof span, "%lld s", whole);
    else if (whole < 7'200)
        std::snprintf(span, sizeof span, "%lld min", (whole + 30) / 60);
    else
        std::snprintf(span, sizeof span, "%lld h", (whole + 1'800) / 3'600);
    return std::string(span) + (seconds <= 0 ? " before the first error" : " after the first error");
}

std::string percent(const json& confidence) {
    return confidence.is_number() ? std::to_string(std::lround(confidence.get<double>() * 100)) + " %" : std::string("?");
}

std::string attribution_sentence(const json& culprit) {
    const std::string attribution = text(culprit, "attribution");
    if (attribution == "unattributed") return "No cause found.";
    if (attribution == "pending") return "No cause yet: evidence may still arrive.";
    return attribution;
}

std::string count_of(const json& symptom) {
    const std::string count = text(symptom, "count");
    return count.empty() ? count : count + (count == "1" ? " error" : " errors");
}

/// What both pages say of an incident.
data facts(const json& document) {
    const json& culprit = at(document, "culprit");
    const json& service = at(document, "service");
    data values;
    for (const char* key : {"id", "severity", "status", "trend", "merged_into"}) set_text(values, key, text(culprit, key));
    values.set("headline", text(document, "message"));
    values.set("onset", readable(text(culprit, "onset")));
    values.set("onset_exact", text(culprit, "onset"));
    values.set("count", count_of(at(culprit, "symptom")));
    std::string where = text(service, "name");
    for (const std::string& part : {text(service, "environment"), text(at(culprit, "symptom"), "database")})
        if (!part.empty()) where += (where.empty() ? "" : ", ") + part;
    set_text(values, "where", where);
    values.set("attribution", attribution_sentence(culprit));
    if (const json& diagnosis = at(culprit, "diagnosis"); diagnosis.is_object()) {
        data found;
        found.set("summary", text(diagnosis, "summary"));
        set_list(found, "steps", at(diagnosis, "steps"), "has_steps");
        set_list(found, "verify_sql", at(diagnosis, "verify_sql"), "has_verify");
        set_list(found, "fix_sql", at(diagnosis, "fix_sql"), "has_fix");
        set_list(found, "references", at(diagnosis, "references"));
        values.set("diagnosis", found);
    }
    return values;
}

data cause_of(const json& cause) {
    data values;
    values.set("confidence", percent(at(cause, "confidence")));
    values.set("summary", text(cause, "summary"));
    values.set("when", distance(cause));
    return values;
}

std::string place_of(const json& source) {
    std::string place = text(source, "name");
    if (place.empty()) return place;
    if (const std::string partition = text(source, "partition"); !partition.empty()) place += "/" + partition;
    if (const std::string line = text(source, "line"); !line.empty()) return place + ", line " + line;
    if (const std::string offset = text(source, "offset"); !offset.empty()) place += ", offset " + offset;
    return place;
}

data ranked_cause(const json& cause, bool best) {
    data values = cause_of(cause);
    values.set("best", best ? data::type::bool_true : data::type::bool_false);
    set_text(values, "statement", text(cause, "statement"));
    set_text(values, "source", place_of(at(cause, "source")));
    data evidence{data::type::list};
    if (at(cause, "evidence").is_array())
        for (const json& term : at(cause, "evidence")) {
            data one;
            const json& weight = at(term, "weight");
            char shown[32] = "";
            if (weight.is_number()) std::snprintf(shown, sizeof shown, "%+.2f", weight.get<double>());
            one.set("weight", std::string(shown));
            one.set("sign", std::string(shown[0] == '-' ? "against" : "for"));
            std::string name = text(term, "name");
            for (char& c : name)
                if (c == '_') c = ' ';
            one.set("name", name);
            one.set("detail", text(term, "detail"));
            evidence << one;
        }
    values.set("evidence", evidence);
    return values;
}

data samples_of(const json& symptom) {
    data samples{data::type::list};
    if (at(symptom, "samples").is_array())
        for (const json& sample : at(symptom, "samples")) {
            data one;
            one.set("message", text(sample, "message"));
            set_text(one, "detail", text(sample, "detail"));
            set_text(one, "statement", text(sample, "statement"));
            samples << one;
        }
    return samples;
}

data impact_of(const json& impact) {
    data lines{data::type::list};
    if (const std::string users = text(impact, "users"); !users.empty() && users != "0") lines << data(users + " users");
    for (const char* key : {"services", "hosts", "releases"}) {
        std::string names;
        if (at(impact, key).is_array())
            for (const json& name : at(impact, key)) names += (names.empty() ? "" : ", ") + text(name);
        if (!names.empty()) lines << data(std::string(key) + " " + names);
    }
    return lines;
}

}  // namespace

std::string incidents_page(const std::vector<IncidentStore::Incident>& incidents) {
    data values, list{data::type::list};
    std::size_t open = 0;
    for (const auto& incident : incidents) {
        const json document = json::parse(incident->json, nullptr, false);
        const json& culprit = at(document, "culprit");
        open += incident->status == "open" ? 1 : 0;
        data one = facts(document);
        if (const json& cause = at(culprit, "cause"); cause.is_object()) one.set("cause", cause_of(cause));
        list << one;
    }
    const std::string title =
        open == 0 ? "No open incident" : std::to_string(open) + (open == 1 ? " open incident" : " open incidents");
    values.set("title", title);
    values.set("incidents", list);
    values.set("none", incidents.empty() ? data::type::bool_true : data::type::bool_false);
    return page(title, fill("incidents.mustache", values), true);
}

std::string incident_page(const IncidentDocument& incident) {
    const json document = json::parse(incident.json, nullptr, false);
    const json& culprit = at(document, "culprit");
    data values = facts(document);
    values.set("attributed", text(culprit, "attribution") == "attributed" ? data::type::bool_true : data::type::bool_false);
    set_list(values, "reasons", at(culprit, "severity_reasons"));

    data causes{data::type::list};
    bool best = true;
    if (at(culprit, "causes").is_array())
        for (const json& cause : at(culprit, "causes")) causes << ranked_cause(cause, std::exchange(best, false));
    values.set("causes", causes);

    data flows{data::type::list};
    if (at(culprit, "evidence").is_object())
        for (const auto& [kind, state] : at(culprit, "evidence").items()) {
            data one;
            one.set("kind", kind);
            one.set("state", text(state));
            flows << one;
        }
    values.set("flows", flows);
    values.set("samples", samples_of(at(culprit, "symptom")));
    values.set("impact", impact_of(at(culprit, "impact")));

    data timeline{data::type::list};
    const json& moments = at(culprit, "timeline");
    if (moments.is_array())
        for (const json& moment : moments) {
            data one;
            one.set("exact", text(moment, "time"));
            one.set("time", readable(text(moment, "time")));
            one.set("what", text(moment, "what"));
            one.set("text", text(moment, "text"));
            timeline << one;
        }
    values.set("timeline", timeline);
    values.set("has_timeline", moments.is_array() && !moments.empty() ? data::type::bool_true : data::type::bool_false);
    set_list(values, "related", at(culprit, "related"), "has_related");
    return page(text(document, "message"), fill("incident.mustache", values), false);
}

std::string message_page(const std::string& title, const std::string& sentence) {
    data values;
    values.set("title", title);
    values.set("sentence", sentence);
    return page(title, fill("message.mustache", values), false);
}

std::string_view style_sheet() { return embedded("style.css"); }

}  // namespace culprit
