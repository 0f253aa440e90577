// The bare drain: how fast librdkafka alone hands over a topic. What every other figure of bench/end_to_end.sh is held against.
//   bench_drain BROKERS TOPIC EXPECTED          reads the topic from its beginning; prints {"messages":…,"bytes":…,"seconds":…}
//   bench_drain BROKERS TOPIC --load COUNT SHARE   fills the topic (SHARE of the records fail; `storm`: all of them); prints
//                                                  {"messages":…,"failing":…}
//   bench_drain BROKERS TOPIC --pace SECONDS RATE SHARE   as many messages a second, and two errors a second with a constraint
//                                                  `probe_N_pkey` each; says of each {"probe":N,"at":SECONDS SINCE 1970}
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "bench/ordinary_logs.h"

namespace culprit {
namespace {

constexpr std::size_t kAtOnce = 10'000;
constexpr auto kPatience = std::chrono::seconds{60};  // without a message: the topic holds fewer than expected

[[noreturn]] void fail(const std::string& why) {
    std::fprintf(stderr, "bench_drain: %s\n", why.c_str());
    std::exit(1);
}

void set(rd_kafka_conf_t* conf, const char* name, const char* value) {
    char why[256];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK) fail(why);
}

rd_kafka_t* client(rd_kafka_type_t type, rd_kafka_conf_t* conf) {
    char why[256];
    rd_kafka_t* made = rd_kafka_new(type, conf, why, sizeof why);
    if (!made) fail(why);
    return made;
}

constexpr int kPartitions = 4;
// A stream goes on: behind the counted messages come as many ordinary ones in each partition, so that the last errors do not wait
// for the end of an idle partition.
constexpr std::size_t kBehind = 2'500;

void create(rd_kafka_t* client, const char* topic) {
    char why[256];
    rd_kafka_NewTopic_t* wanted = rd_kafka_NewTopic_new(topic, kPartitions, 1, why, sizeof why);
    if (!wanted) fail(why);
    rd_kafka_queue_t* queue = rd_kafka_queue_new(client);
    rd_kafka_CreateTopics(client, &wanted, 1, nullptr, queue);
    rd_kafka_event_t* answer = rd_kafka_queue_poll(queue, 30'000);
    if (!answer || rd_kafka_event_error(answer)) fail("the topic could not be made");
    rd_kafka_event_destroy(answer);
    rd_kafka_NewTopic_destroy(wanted);
    rd_kafka_queue_destroy(queue);
}

int load(const char* brokers, const char* topic, std::size_t count, const char* share) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", brokers);
    set(conf, "compression.codec", "lz4");
    set(conf, "linger.ms", "50");
    rd_kafka_t* producer = client(RD_KAFKA_PRODUCER, conf);
    create(producer, topic);
    std::mt19937 random(7);
    const bool storm = std::strcmp(share, "storm") == 0;
    std::bernoulli_distribution fails(storm ? 1.0 : std::atof(share));
    std::size_t failing = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const bool bad = fails(random);
        failing += bad ? 1 : 0;
        std::string record = storm ? bench::storm_record(random)
                             : bad ? bench::failing_record(random)
                                   : bench::ordinary_record(random);
        while (rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                 RD_KAFKA_V_VALUE(record.data(), record.size()), RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
            rd_kafka_poll(producer, 10);
    }
    if (rd_kafka_flush(producer, 120'000) != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail("the broker did not take all messages in two minutes");
    for (std::size_t i = 0; count > 0 && i < kBehind * kPartitions; ++i) {
        std::string record = bench::ordinary_record(random);
        while (rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                 RD_KAFKA_V_PARTITION(static_cast<int>(i % kPartitions)),
                                 RD_KAFKA_V_VALUE(record.data(), record.size()), RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
            rd_kafka_poll(producer, 10);
    }
    if (rd_kafka_flush(producer, 120'000) != RD_KAFKA_RESP_ERR_NO_ERROR) fail("the broker did not take the last messages");
    rd_kafka_destroy(producer);
    std::printf("{\"messages\":%zu,\"failing\":%zu}\n", count, failing);
    return 0;
}

/// At a steady rate, two hundred times a second.
int pace(const char* brokers, const char* topic, int seconds, std::size_t rate, double share) {
    using namespace std::chrono;
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", brokers);
    set(conf, "compression.codec", "lz4");
    set(conf, "linger.ms", "5");
    rd_kafka_t* producer = client(RD_KAFKA_PRODUCER, conf);
    std::mt19937 random(7);
    std::bernoulli_distribution fails(share);
    const auto send = [&](const std::string& record) {
        while (rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                 RD_KAFKA_V_VALUE(const_cast<char*>(record.data()), record.size()),
                                 RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
            rd_kafka_poll(producer, 10);
    };
    const auto begin = steady_clock::now();
    for (int tick = 0; tick < seconds * 200; ++tick) {
        std::this_thread::sleep_until(begin + tick * milliseconds{5});
        for (std::size_t i = 0; i < rate / 200; ++i)
            send(fails(random) ? bench::failing_record(random) : bench::ordinary_record(random));
        rd_kafka_poll(producer, 0);
        if (tick % 100 != 0) continue;
        const auto now = system_clock::now().time_since_epoch();
        send(bench::probe_record(tick / 100, system_clock::now()));
        std::printf("{\"probe\":%d,\"at\":%.6f}\n", tick / 100, duration<double>(now).count());
        std::fflush(stdout);
    }
    if (rd_kafka_flush(producer, 120'000) != RD_KAFKA_RESP_ERR_NO_ERROR) fail("the broker did not take all messages");
    rd_kafka_destroy(producer);
    return 0;
}

int drain(const char* brokers, const char* topic, std::size_t expected) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", brokers);
    set(conf, "group.id", "bench_drain");
    set(conf, "enable.auto.commit", "false");
    const auto begin = std::chrono::steady_clock::now();
    rd_kafka_t* consumer = client(RD_KAFKA_CONSUMER, conf);
    const rd_kafka_metadata_t* metadata = nullptr;
    rd_kafka_topic_t* handle = rd_kafka_topic_new(consumer, topic, nullptr);
    if (rd_kafka_metadata(consumer, 0, handle, &metadata, 30'000) != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail("the broker does not answer");
    rd_kafka_topic_partition_list_t* all = rd_kafka_topic_partition_list_new(metadata->topics[0].partition_cnt);
    for (int i = 0; i < metadata->topics[0].partition_cnt; ++i)
        rd_kafka_topic_partition_list_add(all, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(consumer, all);
    rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(consumer);
    std::vector<rd_kafka_message_t*> messages(kAtOnce);
    std::size_t seen = 0, bytes = 0;
    auto last = begin;
    while (seen < expected) {
        const auto count = rd_kafka_consume_batch_queue(queue, 200, messages.data(), messages.size());
        for (ssize_t i = 0; i < count; ++i) {
            const auto& message = *messages[static_cast<std::size_t>(i)];
            if (!message.err) {
                ++seen;
                bytes += message.len;
            }
            rd_kafka_message_destroy(messages[static_cast<std::size_t>(i)]);
        }
        const auto now = std::chrono::steady_clock::now();
        if (count > 0) last = now;
        if (now - last > kPatience) fail("only " + std::to_string(seen) + " of " + std::to_string(expected) + " messages came");
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::printf("{\"messages\":%zu,\"bytes\":%zu,\"seconds\":%.6f}\n", seen, bytes, took.count());
    std::fflush(stdout);
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_partition_list_destroy(all);
    rd_kafka_topic_destroy(handle);
    rd_kafka_queue_destroy(queue);
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    return 0;
}

}  // namespace
}  // namespace culprit

int main(int count, char** arguments) {
    if (count == 6 && std::strcmp(arguments[3], "--load") == 0)
        return culprit::load(arguments[1], arguments[2], std::strtoull(arguments[4], nullptr, 10), arguments[5]);
    if (count == 7 && std::strcmp(arguments[3], "--pace") == 0)
        return culprit::pace(arguments[1], arguments[2], std::atoi(arguments[4]), std::strtoull(arguments[5], nullptr, 10),
                             std::atof(arguments[6]));
    if (count == 4) return culprit::drain(arguments[1], arguments[2], std::strtoull(arguments[3], nullptr, 10));
    std::fprintf(
        stderr,
        "usage: bench_drain BROKERS TOPIC EXPECTED | BROKERS TOPIC --load COUNT SHARE|storm | BROKERS TOPIC --pace SECONDS RATE "
        "SHARE\n");
    return 2;
}
