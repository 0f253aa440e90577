#include "matchers/decoding/batch_record.h"

#include <nlohmann/json.hpp>

#include "matchers/decoding/json_access.h"

namespace culprit {
namespace {

using json::Element;
using json::Object;
using simdjson::dom::array;

std::string dump(const nlohmann::json& value) { return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace); }

void copy_text(nlohmann::json& into, const char* name, Object from, std::string_view path) {
    if (const auto element = json::find(from, path)) {
        if (auto text = json::scalar_text(*element)) into[name] = std::move(*text);
    }
}

void split_cloudwatch(Object object, array events, std::vector<std::string>& out) {
    for (const Element element : events) {
        Object event;
        if (element.get(event) != simdjson::SUCCESS) continue;
        nlohmann::json one{{"timestamp", nullptr}};
        std::int64_t time = 0;
        if (const auto at = json::find(event, "timestamp"); at && at->get(time) == simdjson::SUCCESS) one["timestamp"] = time;
        copy_text(one, "message", event, "message");
        copy_text(one, "logGroup", object, "logGroup");
        copy_text(one, "logStream", object, "logStream");
        out.push_back(dump(one));
    }
}

/// OTLP's AnyValue: `{"stringValue":"…"}`, `{"intValue":"7"}`, `{"kvlistValue":{"values":[{"key":…,"value":…}]}}`.
nlohmann::json value_of(Element any, int depth);

void take_attributes(nlohmann::json& into, Object object, std::string_view name, int depth) {
    array attributes;
    const auto found = json::find(object, name);
    if (!found || found->get(attributes) != simdjson::SUCCESS) return;
    for (const Element element : attributes) {
        Object attribute;
        if (element.get(attribute) != simdjson::SUCCESS) continue;
        const auto key = json::string_at(attribute, "key");
        const auto value = json::find(attribute, "value");
        if (key && value) into[std::string(*key)] = value_of(*value, depth + 1);
    }
}

nlohmann::json value_of(Element any, int depth) {
    Object object;
    if (depth > 4 || any.get(object) != simdjson::SUCCESS) return nullptr;
    for (const auto name : {"stringValue", "intValue", "doubleValue", "boolValue"}) {
        if (const auto element = json::find(object, name)) return json::scalar_text(*element).value_or(std::string{});
    }
    if (const auto list = json::object_at(object, "kvlistValue")) {
        nlohmann::json values = nlohmann::json::object();
        take_attributes(values, *list, "values", depth);
        return values;
    }
    return nullptr;
}

/// A body without a severity is a line that some receiver read; with one it is an application's record.
void split_otlp_records(Object scope, const nlohmann::json& resource, std::vector<std::string>& out) {
    array records;
    if (const auto found = json::find(scope, "logRecords"); !found || found->get(records) != simdjson::SUCCESS) return;
    for (const Element element : records) {
        Object record;
        if (element.get(record) != simdjson::SUCCESS) continue;
        nlohmann::json one = resource;
        take_attributes(one, record, "attributes", 0);
        if (const auto body = json::find(record, "body")) {
            auto value = value_of(*body, 0);
            if (value.is_object())
                one.update(value);
            else
                one["message"] = value;
        }
        std::string time;
        for (const auto name : {"timeUnixNano", "observedTimeUnixNano"}) {
            const auto at = json::find(record, name);
            if (time.empty() && at) time = json::scalar_text(*at).value_or(std::string{});
            if (time == "0") time.clear();
        }
        if (time.size() > 9) one["@timestamp"] = time.substr(0, time.size() - 9) + "." + time.substr(time.size() - 9, 6);
        const auto severity = json::string_at(record, "severityText");
        if (severity && !severity->empty())
            one["level"] = *severity;
        else
            one["agent"] = {{"type", "opentelemetry"}};
        out.push_back(dump(one));
    }
}

void split_otlp(array resources, std::vector<std::string>& out) {
    for (const Element element : resources) {
        Object resource;
        if (element.get(resource) != simdjson::SUCCESS) continue;
        nlohmann::json attributes = nlohmann::json::object();
        if (const auto inner = json::object_at(resource, "resource")) take_attributes(attributes, *inner, "attributes", 0);
        array scopes;
        for (const auto name : {"scopeLogs", "instrumentationLibraryLogs"}) {
            const auto found = json::find(resource, name);
            if (!found || found->get(scopes) != simdjson::SUCCESS) continue;
            for (const Element scope_element : scopes) {
                Object scope;
                if (scope_element.get(scope) == simdjson::SUCCESS) split_otlp_records(scope, attributes, out);
            }
        }
    }
}

}  // namespace

bool may_be_batch(std::string_view bytes) {
    if (!bytes.starts_with('{')) return false;
    for (const std::string_view word : {"\"logEvents\"", "\"resourceLogs\"", "\"records\""}) {
        if (bytes.find(word) != bytes.npos) return true;
    }
    return false;
}

struct BatchSplitter::Parser {
    simdjson::dom::parser json;
};

BatchSplitter::BatchSplitter() : parser_(std::make_unique<Parser>()) {}
BatchSplitter::~BatchSplitter() = default;
BatchSplitter::BatchSplitter(BatchSplitter&&) noexcept = default;
BatchSplitter& BatchSplitter::operator=(BatchSplitter&&) noexcept = default;

std::vector<std::string> BatchSplitter::split(std::string_view bytes) {
    std::vector<std::string> events;
    Object object;
    if (parser_->json.parse(bytes.data(), bytes.size()).get(object) != simdjson::SUCCESS) return events;
    array list;
    const auto is_list = [&](std::string_view name) {
        const auto found = json::find(object, name);
        return found && found->get(list) == simdjson::SUCCESS;
    };
    if (is_list("logEvents")) {
        split_cloudwatch(object, list, events);
    } else if (is_list("resourceLogs")) {
        split_otlp(list, events);
    } else if (is_list("records")) {
        for (const Element element : list) {
            Object record;
            if (element.get(record) != simdjson::SUCCESS) return {};
            events.push_back(simdjson::minify(element));
        }
    }
    return events;
}

}  // namespace culprit
