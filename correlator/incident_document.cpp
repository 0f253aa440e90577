#include "correlator/incident_document.h"

#include <algorithm>
#include <tuple>

#include "correlator/document_json.h"
#include "matchers/log_entry_json.h"

namespace culprit {

namespace {

using Json = OrderedJson;

Json to_json(const Cause& cause) {
    Json json{{"change", cause.event_id},
              {"confidence", rounded_to_thousandths(cause.confidence)},
              {"score", rounded_to_thousandths(cause.score)}};
    put_change(json, cause, cause.effect);
    json["time"] = to_rfc3339(cause.effect.time);
    json["offset_seconds"] = seconds_of(cause.offset);
    json["summary"] = summary_of(cause);
    put(json, "statement", cause.effect.statement);
    Json evidence = Json::array();
    for (const EvidenceTerm& term : cause.evidence)
        evidence.push_back({{"name", term.name}, {"weight", rounded_to_thousandths(term.weight)}, {"detail", term.detail}});
    json["evidence"] = std::move(evidence);
    json["source"] = json_of(cause.effect.source);
    json["sources"] = json_of(cause.sources);
    if (cause.awaited) {
        Json awaited{{"kind", cause.awaited->kind}};
        put(awaited, "operation", cause.awaited->operation);
        awaited["objects"] = json_of(cause.awaited->objects);
        awaited["time"] = to_rfc3339(cause.awaited->time);
        awaited["offset_seconds"] = seconds_of(cause.awaited_offset);
        awaited["source"] = json_of(cause.awaited->source);
        json["awaited"] = std::move(awaited);
    }
    return json;
}

Json symptom_of(const Incident& incident) {
    const Tally& sum = incident.sum;
    Json json{{"kind", incident.problem.kind}, {"name", incident.problem.name}};
    put(json, "sqlstate", sum.sqlstate);
    put(json, "schema", sum.schema);
    put(json, "table", sum.table);
    put(json, "column", sum.column);
    put(json, "constraint", sum.constraint);
    put(json, "referenced_table", sum.referenced_table);
    if (!sum.key_columns.empty()) json["key_columns"] = sum.key_columns;
    put(json, "database", incident.database);
    json["count"] = incident.count;
    json["application_count"] = incident.application_count;
    json["server_count"] = incident.server_count;
    json["rate_per_minute"] = rounded_to_thousandths(incident.rate_per_minute);
    json["baseline_per_minute"] = rounded_to_thousandths(incident.baseline_per_minute);
    if (incident.habit.likeness() > 0)
        json["habit"] = {{"days", incident.habit.days},
                         {"of_days", incident.habit.of_days},
                         {"period", incident.habit.weekly ? "week" : "day"},
                         {"likeness", rounded_to_thousandths(incident.habit.likeness())}};
    if (!incident.histogram.counts.empty())
        json["histogram"] = {{"from", to_rfc3339(incident.histogram.from)},
                             {"step_seconds", incident.histogram.step.count()},
                             {"counts", incident.histogram.counts}};
    Json samples = Json::array();
    for (const Sample& sample : sum.samples) {
        Json each{{"time", to_rfc3339(sample.time)}, {"message", sample.message}};
        put(each, "detail", sample.detail);
        put(each, "statement", sample.statement);
        put(each, "service", sample.service);
        put(each, "host", sample.host);
        each["source"] = json_of(sample.source);
        samples.push_back(std::move(each));
    }
    json["samples"] = std::move(samples);
    return json;
}

Json impact_of(const Incident& incident) {
    const Tally& sum = incident.sum;
    Json json{{"users", sum.users.estimate()}, {"services", incident.services}, {"hosts", sum.hosts}, {"releases", sum.releases}};
    if (const auto users = sum.users.estimate(); users > 0 && incident.active_users > 0)
        json["users_ratio"] =
            rounded_to_thousandths(std::min(1.0, static_cast<double>(users) / static_cast<double>(incident.active_users)));
    put(json, "first_release", incident.first_release);
    put(json, "last_release", incident.last_release);
    return json;
}

Json timeline_of(const Incident& incident) {
    struct Moment {
        EventTime time;
        int rank;
        Json json;
    };
    std::vector<Moment> moments;
    const auto add = [&](EventTime time, const char* what, const std::string& text, const SourcePosition* source) {
        Json json{{"time", to_rfc3339(time)}, {"what", what}, {"text", text}};
        if (source) json["source"] = json_of(*source);
        moments.push_back({time, static_cast<int>(moments.size()), std::move(json)});
    };
    add(incident.onset, "onset", phrase_of(incident.problem.kind) + " " + incident.problem.name, nullptr);
    std::size_t shown = 0;
    for (const Cause& cause : incident.causes) {
        if (++shown > 5) break;
        add(cause.effect.time, "change", summary_of(cause), &cause.effect.source);
        if (cause.awaited)
            add(cause.awaited->time, "change", cause.awaited->operation + " " + cause.awaited->objects.front().name,
                &cause.awaited->source);
    }
    for (const Remedy& remedy : incident.remedies)
        add(remedy.signal.time, "remedy", remedy.signal.operation.empty() ? remedy.signal.kind : remedy.signal.operation,
            &remedy.signal.source);
    add(incident.last_seen, "last_seen", std::to_string(incident.count) + " in all", nullptr);
    if (incident.resolved)
        add(incident.resolved_at, "resolved", incident.resolved_by.empty() ? "quiet" : "by " + incident.resolved_by, nullptr);
    std::stable_sort(moments.begin(), moments.end(),
                     [](const Moment& a, const Moment& b) { return std::tie(a.time, a.rank) < std::tie(b.time, b.rank); });
    Json timeline = Json::array();
    for (Moment& moment : moments) timeline.push_back(std::move(moment.json));
    return timeline;
}

Json diagnosis_of(const Diagnosis& diagnosis) {
    return {{"rule", diagnosis.rule},       {"summary", diagnosis.summary},
            {"steps", diagnosis.steps},     {"verify_sql", diagnosis.verify_sql},
            {"fix_sql", diagnosis.fix_sql}, {"references", diagnosis.references}};
}

void put_notes(Json& own, const Notes& notes) {
    if (const auto& acknowledged = notes.acknowledged) {
        own["acknowledged"] = true;
        own["acknowledged_at"] = to_rfc3339(acknowledged->time);
        put(own, "acknowledged_by", acknowledged->author);
        put(own, "acknowledged_note", acknowledged->text);
    }
    if (notes.silenced_until) own["silenced_until"] = to_rfc3339(*notes.silenced_until);
    for (const OperatorNote& note : notes.feedback) {
        Json each{{"time", to_rfc3339(note.time)}, {"verdict", note.verdict}};
        put(each, "by", note.author);
        put(each, "cause", note.cause);
        put(each, "text", note.text);
        own["feedback"].push_back(std::move(each));
    }
}

/// Of the named cause first, then those that the errors' own records brought.
Json links_of(const Incident& incident) {
    std::set<Link> links = incident.sum.links;
    Json list = Json::array();
    if (incident.attribution == AttributionState::attributed) {
        list = json_of(incident.causes.front().links);
        for (const Link& link : incident.causes.front().links) links.erase(link);
    }
    for (Json& link : json_of(links)) list.push_back(std::move(link));
    return list;
}

/// What every document of an incident begins with.
Json head_of(const Incident& incident, const std::string& message) {
    Json json{{"@timestamp", to_rfc3339(incident.onset)}, {"ecs", {{"version", "8.11.0"}}}, {"message", message}};
    Json event{{"kind", "alert"}, {"category", {"database"}}, {"id", incident.id}, {"start", to_rfc3339(incident.onset)}};
    if (incident.resolved) event["end"] = to_rfc3339(incident.resolved_at);
    if (incident.severity.level.size() == 4) event["severity"] = incident.severity.level[3] - '0';
    json["event"] = std::move(event);
    Json service = Json::object();
    if (!incident.services.empty()) service["name"] = *incident.services.begin();
    put(service, "environment", incident.environment);
    if (!service.empty()) json["service"] = std::move(service);
    if (incident.maintenance) json["labels"] = {{"maintenance", "true"}};
    return json;
}

}  // namespace

std::string to_document(const Incident& incident, std::int64_t version) {
    Json json = head_of(incident, headline(incident));
    Json own{{"id", incident.id}, {"version", version}, {"status", incident.resolved ? "resolved" : "open"}};
    own["severity"] = incident.severity.level;
    own["severity_reasons"] = incident.severity.reasons;
    own["onset"] = to_rfc3339(incident.onset);
    own["last_seen"] = to_rfc3339(incident.last_seen);
    if (incident.resolved) own["resolved_at"] = to_rfc3339(incident.resolved_at);
    if (incident.resolved && !incident.resolved_by.empty()) own["resolved_by"] = incident.resolved_by;
    own["trend"] = to_string(incident.trend);
    own["symptom"] = symptom_of(incident);
    own["impact"] = impact_of(incident);
    own["attribution"] = to_string(incident.attribution);
    Json evidence;
    for (const auto& [kind, state] : incident.evidence) evidence[std::string(to_string(kind))] = state;
    own["evidence"] = std::move(evidence);
    Json causes = Json::array();
    for (const Cause& cause : incident.causes) causes.push_back(to_json(cause));
    own["causes"] = std::move(causes);
    if (incident.attribution == AttributionState::attributed) own["cause"] = own["causes"].front();
    if (!incident.diagnosis.rule.empty()) own["diagnosis"] = diagnosis_of(incident.diagnosis);
    own["timeline"] = timeline_of(incident);
    own["related"] = incident.related;
    put(own, "group", incident.group);
    own["links"] = links_of(incident);
    put_notes(own, incident.notes);
    json["culprit"] = std::move(own);
    return dumped(json);
}

std::string merged_document(const Incident& incident, std::int64_t version, const std::string& merged_into) {
    Json json = head_of(incident, headline(incident));
    json["culprit"] = {{"id", incident.id}, {"version", version}, {"status", "merged"}, {"merged_into", merged_into}};
    return dumped(json);
}

}  // namespace culprit
