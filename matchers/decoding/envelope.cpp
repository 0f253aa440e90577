#include "matchers/decoding/envelope.h"

#include <array>

#include "matchers/decoding/json_access.h"
#include "matchers/decoding/legacy_charset.h"
#include "matchers/decoding/text_envelope.h"
#include "matchers/decoding/timestamp.h"
#include "matchers/decoding/utf8.h"

namespace culprit {
namespace {

constexpr int kDeepest = 4;
constexpr std::size_t kDockerSplit = 16'000;  // json-file splits lines at 16 KiB; the parts but the last lack their line break

using Paths = std::initializer_list<std::string_view>;

bool has(const json::Members& object, Paths paths) {
    for (const auto path : paths) {
        if (json::find(object, path)) return true;
    }
    return false;
}

/// What only an application writes into a record of its own.
bool is_application_record(const json::Members& object) {
    return has(object, {"level", "severity", "levelname", "log.level", "lvl", "loglevel", "level_name", "error_severity", "err",
                        "error", "exc_info", "exception", "stack_trace", "logger", "logger_name", "log.logger"});
}

/// journald writes what is not UTF-8 as a list of bytes.
std::optional<std::string> listed_bytes(const json::Members& object, std::string_view path) {
    simdjson::dom::array list;
    const auto element = json::find(object, path);
    if (!element || element->get(list) != simdjson::SUCCESS) return {};
    std::string bytes;
    for (const json::Element item : list) {
        std::uint64_t byte = 0;
        if (item.get(byte) != simdjson::SUCCESS || byte > 255) return {};
        bytes += static_cast<char>(byte);
    }
    if (is_valid_utf8(bytes)) return bytes;
    auto decoded = from_legacy_charset(bytes);
    return decoded ? decoded : repair_utf8(bytes);
}

/// The member that holds the wrapped line or object; nothing when the object is no envelope.
std::optional<std::string> wrapped(const json::Members& object) {
    if (has(object, {"resource.type", "logName", "insertId"})) {  // Google Cloud's LogEntry
        if (const auto text = json::string_at(object, "textPayload")) return std::string{*text};
        if (const auto inner = json::find(object, "jsonPayload"); inner && inner->is_object()) return simdjson::minify(*inner);
    }
    if (const auto log = json::string_at(object, "log")) {  // Docker, Fluent Bit, Fluentd
        if (has(object, {"stream", "kubernetes", "@timestamp", "time", "date", "container_id", "container_name"}))
            return std::string{*log};
    }
    if (const auto message = json::string_at(object, "MESSAGE")) {  // journald's own names
        if (has(object, {"_HOSTNAME", "_SYSTEMD_UNIT", "__REALTIME_TIMESTAMP", "SYSLOG_IDENTIFIER"}))
            return std::string{*message};
    }
    if (has(object, {"_HOSTNAME", "_SYSTEMD_UNIT", "__REALTIME_TIMESTAMP"})) {
        if (auto bytes = listed_bytes(object, "MESSAGE")) return bytes;
    }
    const auto message = json::string_at(object, "message");
    if (!message || is_application_record(object)) return {};
    if (has(object, {"agent", "log.file.path", "log.offset", "input", "fileset", "journald", "beat"}))
        return std::string{*message};  // Beats, Elastic Agent
    if (has(object, {"source_type"}) && has(object, {"file", "timestamp", "container_name"}))
        return std::string{*message};  // Vector
    if (has(object, {"stream"}) && has(object, {"kubernetes", "docker", "container_id"}))
        return std::string{*message};                                                                              // Fluentd
    if (has(object, {"@version"}) && has(object, {"@timestamp"})) return std::string{*message};                    // Logstash
    if (has(object, {"logGroup", "log_group", "aws.cloudwatch", "aws_cloudwatch"})) return std::string{*message};  // CloudWatch
    return {};
}

void take_first(std::string& into, const json::Members& object, Paths paths) {
    if (into.empty()) into = json::first_scalar(object, paths);
}

void take_labels(Peeled& peeled, const json::Members& object) {
    take_first(peeled.scope.environment, object,
               {"service.environment", "labels.environment", "labels.env", "environment", "fields.environment"});
    take_first(peeled.scope.service, object,
               {"service.name", "service", "kubernetes.labels.app_kubernetes_io/name", "kubernetes.labels.app.kubernetes.io/name",
                "kubernetes.labels.app", "labels.app", "labels.service", "fields.service", "kubernetes.container_name",
                "kubernetes.container.name", "container_name"});
    take_first(peeled.scope.release, object,
               {"service.version", "labels.version", "kubernetes.labels.app_kubernetes_io/version", "kubernetes.labels.version",
                "fields.release"});
    take_first(peeled.scope.database, object, {"labels.database", "fields.database"});
    take_first(peeled.scope.host, object,
               {"host.name", "host.hostname", "hostname", "host", "_HOSTNAME", "agent.hostname", "kubernetes.node.name",
                "kubernetes.host"});
}

/// Which log this is: everything that tells one file or container from another.
void take_stream(Peeled& peeled, const json::Members& object) {
    std::string stream;
    const auto add = [&](Paths paths) {
        if (auto text = json::first_scalar(object, paths); !text.empty()) {
            if (!stream.empty()) stream += '|';
            stream += text;
        }
    };
    add({"host.name", "host.hostname", "hostname", "host", "_HOSTNAME", "agent.hostname"});
    add({"log.file.path", "file", "source", "filename", "path", "logGroup", "log_group", "resource.labels.database_id",
         "logName"});
    add({"logStream", "log_stream", "resource.labels.pod_name"});
    add({"kubernetes.pod.name", "kubernetes.pod_name", "kubernetes.pod.uid", "kubernetes.pod_id", "_SYSTEMD_UNIT",
         "SYSLOG_IDENTIFIER"});
    add({"container.id", "container_id", "kubernetes.container.name", "kubernetes.container_name", "docker.container_id",
         "container_name"});
    add({"stream"});
    if (stream.empty()) return;
    if (!peeled.stream.empty()) peeled.stream += '|';
    peeled.stream += stream;
}

void take_time(Peeled& peeled, const json::Members& object, std::optional<EventTime> arrival) {
    if (peeled.time) return;
    for (const std::string_view path : {"@timestamp", "timestamp", "time", "date", "__REALTIME_TIMESTAMP"}) {
        const auto element = json::find(object, path);
        if (!element) continue;
        std::string_view text;
        double number = 0;
        if (element->get(text) == simdjson::SUCCESS)
            peeled.time = parse_timestamp(text, arrival);
        else if (element->get(number) == simdjson::SUCCESS)
            peeled.time = epoch_time(number);
        if (peeled.time) return;
    }
}

bool looks_like_json(std::string_view text) {
    // `{"a"=>1}` is Ruby's; `{ code: '23505' }` is Node's.
    return text.starts_with("{\"") && text.find("\"=>") == text.npos;
}

std::string_view without_trailing_blanks(std::string_view text) {
    while (!text.empty() && (text.back() == ' ' || text.back() == '\r' || text.back() == '\n')) text.remove_suffix(1);
    return text;
}

}  // namespace

struct EnvelopePeeler::Parser {
    simdjson::dom::parser json;
};

EnvelopePeeler::EnvelopePeeler() : parser_(std::make_unique<Parser>()) {}
EnvelopePeeler::~EnvelopePeeler() = default;
EnvelopePeeler::EnvelopePeeler(EnvelopePeeler&&) noexcept = default;
EnvelopePeeler& EnvelopePeeler::operator=(EnvelopePeeler&&) noexcept = default;

Peeled EnvelopePeeler::peel(std::string_view bytes, std::optional<EventTime> arrival) {
    Peeled peeled;
    peeled.had_nul = bytes.find('\0') != bytes.npos;
    if (is_valid_utf8(bytes)) {
        peeled.payload = bytes;
    } else {
        auto decoded = from_legacy_charset(bytes);
        peeled.payload = decoded ? std::move(*decoded) : repair_utf8(bytes);
        peeled.repaired_utf8 = true;
    }
    for (int depth = 0; depth < kDeepest; ++depth) {
        const std::string_view text = without_trailing_blanks(peeled.payload);
        if (!text.starts_with('{')) {
            auto inner = peel_text_envelope(peeled.payload, peeled.time ? peeled.time : arrival);
            if (!inner) break;
            if (!peeled.time) peeled.time = inner->time;
            if (peeled.scope.host.empty()) peeled.scope.host = std::move(inner->host);
            if (!inner->stream.empty()) peeled.stream += (peeled.stream.empty() ? "" : "|") + inner->stream;
            peeled.partial = inner->partial;
            peeled.enveloped = true;
            peeled.payload = std::move(inner->payload);
            continue;
        }
        json::Object object;
        if (parser_->json.parse(text.data(), text.size()).get(object) != simdjson::SUCCESS) {
            if (looks_like_json(text)) peeled.shape = PayloadShape::broken_json;
            break;
        }
        const json::Members members(object);
        const auto line = wrapped(members);
        if (!line) {
            peeled.shape = PayloadShape::json;
            // Fields that a shipper merged into an application's record still tell its stream.
            if (has(members, {"log.file.path", "kubernetes", "container.id"})) take_stream(peeled, members);
            break;
        }
        peeled.enveloped = true;
        take_time(peeled, members, arrival);
        take_labels(peeled, members);
        take_stream(peeled, members);
        std::string inner{*line};
        if (inner.ends_with('\n'))
            inner.pop_back();
        else if (inner.size() >= kDockerSplit && has(members, {"log"}) && !has(members, {"kubernetes", "@timestamp", "date"}))
            peeled.partial = true;
        peeled.payload = std::move(inner);
    }
    if (peeled.had_nul && peeled.shape == PayloadShape::text) {
        std::string visible;
        for (const char c : peeled.payload) {
            if (c == '\0')
                visible += "\xEF\xBF\xBD";
            else
                visible += c;
        }
        peeled.payload = std::move(visible);
    }
    return peeled;
}

bool may_be_cut(std::string_view bytes) {
    constexpr std::size_t kLongestTime = 40;
    if (bytes.starts_with('{')) {
        return bytes.size() >= kDockerSplit && bytes.starts_with("{\"log\":") && bytes.find("\\n\",\"stream\":") == bytes.npos;
    }
    if (bytes.size() < 30 || bytes[10] != 'T') return false;
    const auto head = bytes.substr(0, kLongestTime + 16);
    return head.find(" stdout P ") != head.npos || head.find(" stderr P ") != head.npos;
}

}  // namespace culprit
