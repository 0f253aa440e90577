#include "daemon/incident_feed.h"

#include <librdkafka/rdkafka.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <set>
#include <utility>

#include "daemon/kafka_partition.h"
#include "daemon/sinks/incident_record.h"

namespace culprit {

namespace {

using std::chrono::steady_clock;
constexpr std::chrono::seconds kTryAgain{1}, kLookForPartitions{60};
constexpr std::size_t kAtOnce = 500;

std::map<std::string, std::string> headers_of(const rd_kafka_message_t* message) {
    std::map<std::string, std::string> headers;
    rd_kafka_headers_t* list = nullptr;
    if (rd_kafka_message_headers(message, &list)) return headers;
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; !rd_kafka_header_get_all(list, i, &name, &value, &size); ++i)
        headers[name].assign(static_cast<const char*>(value), size);
    return headers;
}

/// What has been read and not yet put; and which documents' last records are not their newest.
struct Read {
    std::map<std::string, IncidentDocument> newest;  // by id
    std::set<std::string> outdated;
};

}  // namespace

IncidentFeed::IncidentFeed(KafkaSinkSettings settings, IncidentStore& store, Outdated outdated, Noted noted)
    : settings_(std::move(settings)), store_(store), outdated_(std::move(outdated)), noted_(std::move(noted)) {
    trouble_.set("reading the topic " + settings_.topic);
    thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
}

void IncidentFeed::run(std::stop_token stop) {
    while (!stop.stop_requested()) {
        if (const auto followed = follow(stop); !followed) {
            if (trouble_.get() != followed.error().message) spdlog::warn("{}", followed.error().message);
            trouble_.set(followed.error().message);
        }
        const auto until = steady_clock::now() + kTryAgain;
        while (!stop.stop_requested() && steady_clock::now() < until) std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
}

/// Reads until `stop`, or until the topic has got more partitions: then all is read again.
Result<Done> IncidentFeed::follow(std::stop_token stop) {
    const auto count = partition_count(settings_.brokers, settings_.properties, settings_.topic);
    if (!count) return count.error();
    if (count.value() == 0) return Error{"waiting for the topic " + settings_.topic + "; culprit setup kafka creates it"};
    KafkaProperties properties = settings_.properties;
    properties["group.id"] = "culprit-page";  // the client wants one; no group is joined and nothing is committed
    properties["enable.auto.commit"] = "false";
    properties["enable.partition.eof"] = "true";
    properties["auto.offset.reset"] = "earliest";
    auto made = make_kafka_client(KafkaRole::consumer, settings_.brokers, properties);
    if (!made) return made.error();
    rd_kafka_t* client = made.value().get();
    rd_kafka_poll_set_consumer(client);
    const KafkaPartitions list(rd_kafka_topic_partition_list_new(count.value()));
    for (int i = 0; i < count.value(); ++i)
        rd_kafka_topic_partition_list_add(list.get(), settings_.topic.c_str(), i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    if (const auto error = rd_kafka_assign(client, list.get()))
        return Error{"the topic " + settings_.topic + " cannot be read: " + rd_kafka_err2str(error)};

    std::set<int> to_read;
    for (int i = 0; i < count.value(); ++i) to_read.insert(i);
    Read read;
    const auto put = [&] {
        std::vector<IncidentDocument> incidents, changes;
        for (auto& [id, document] : std::exchange(read.newest, {}))
            (document.kind == DocumentKind::change ? changes : incidents).push_back(std::move(document));
        if (!incidents.empty()) store_.put(incidents);
        if (!changes.empty()) store_.offer_changes(changes);
    };
    const auto version_known = [&](const IncidentDocument& document) -> std::int64_t {
        if (const auto found = read.newest.find(document.id); found != read.newest.end()) return found->second.version;
        if (document.kind == DocumentKind::change) {
            const auto change = store_.changes().find(document.id);
            return change ? change->document.version : -1;
        }
        const auto incident = store_.find(document.id);
        return incident ? incident->document.version : -1;
    };
    const auto write_again = [&] {
        std::vector<IncidentDocument> documents;
        for (const std::string& id : std::exchange(read.outdated, {})) {
            if (const auto incident = store_.find(id))
                documents.push_back(incident->document);
            else if (const auto change = store_.changes().find(id))
                documents.push_back(change->document);
        }
        if (!documents.empty() && outdated_) outdated_(documents);
    };

    auto look_again = steady_clock::now() + kLookForPartitions;
    while (!stop.stop_requested()) {
        rd_kafka_message_t* message = rd_kafka_consumer_poll(client, 100);
        if (message && message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            to_read.erase(message->partition);
        } else if (message && message->err) {
            spdlog::info("Kafka: {}", rd_kafka_message_errstr(message));
        } else if (message) {
            const auto headers = headers_of(message);
            const std::string_view value{static_cast<const char*>(message->payload), message->len};
            auto document = to_document({static_cast<const char*>(message->key), message->key_len}, value, headers);
            if (const auto note = to_note(value, headers)) noted_(*note);
            if (document && document->version < version_known(*document)) {
                read.outdated.insert(document->id);
            } else if (document) {
                read.outdated.erase(document->id);
                read.newest[document->id] = std::move(*document);
            }
        }
        const bool nothing_waits = !message || message->err;
        if (message) rd_kafka_message_destroy(message);
        if (nothing_waits || read.newest.size() >= kAtOnce) put();
        if (nothing_waits && to_read.empty()) {
            trouble_.set("");
            write_again();
        }
        if (steady_clock::now() < look_again) continue;
        look_again = steady_clock::now() + kLookForPartitions;
        const auto now = partition_count(settings_.brokers, settings_.properties, settings_.topic);
        if (now && now.value() != count.value()) return Done{};
    }
    rd_kafka_consumer_close(client);
    return Done{};
}

}  // namespace culprit
