#include "daemon/config_sources.h"

#include <algorithm>
#include <array>

#include "daemon/text_values.h"

namespace culprit {

namespace {

StartPoint read_start(const YamlValue& value, bool ages) {
    const std::string expected = ages ? "latest, earliest or an age such as 1h" : "latest or earliest";
    const std::string word = value.word(expected);
    if (word == "latest") return {StartPoint::From::latest, {}};
    if (word == "earliest") return {StartPoint::From::earliest, {}};
    const auto age = ages ? parse_duration(word) : std::nullopt;
    if (!age) value.fail("expected " + expected + ", not '" + word + "'");
    return {StartPoint::From::age, *age};
}

TopicSettings read_topic(const YamlValue& value, const Labels& labels) {
    YamlMap map = value.map("a topic such as {name: app-logs}");
    TopicSettings topic;
    topic.name = map.require("name", "the topic's name").word("the topic's name");
    if (const auto prefix = map.find("log_line_prefix")) topic.log_line_prefix = prefix->text("PostgreSQL's log_line_prefix");
    if (const auto letters = map.find("dead_letters")) topic.dead_letters = letters->boolean();
    topic.labels = read_labels(map, labels);
    map.done();
    return topic;
}

KafkaSourceSettings read_kafka_source(const YamlValue& value, const Labels& labels) {
    YamlMap map = value.map("a map with brokers and topics");
    KafkaSourceSettings kafka;
    constexpr std::string_view brokers = "a list of brokers, each host:port";
    kafka.brokers = map.require("brokers", brokers).words(brokers);
    if (kafka.brokers.empty()) map.value().fail("brokers: expected " + std::string(brokers));
    if (const auto group = map.find("group_id")) kafka.group_id = group->word("a consumer group's name");
    const Labels own = read_labels(map, labels);

    constexpr std::string_view topics = "a list of topics, each {name: …}";
    const YamlValue topic_list = map.require("topics", topics);
    for (const YamlValue& topic : topic_list.list(topics)) {
        kafka.topics.push_back(read_topic(topic, own));
        const auto same = [&](const TopicSettings& other) { return other.name == kafka.topics.back().name; };
        if (std::count_if(kafka.topics.begin(), kafka.topics.end(), same) > 1) topic.fail("the topic is listed twice");
    }
    if (kafka.topics.empty()) topic_list.fail("expected " + std::string(topics));

    if (const auto start = map.find("start")) kafka.start = read_start(*start, true);
    if (const auto properties = map.find("properties")) {
        kafka.properties = properties->texts("a map of librdkafka's properties");
        refuse_reserved(*properties, kafka.properties);
    }
    map.done();
    return kafka;
}

FileSourceSettings read_file_source(const YamlValue& value, const Labels& labels) {
    YamlMap map = value.map("a map with paths");
    FileSourceSettings file;
    constexpr std::string_view paths = "a list of files, folders or globs";
    const YamlValue given = map.require("paths", paths);
    file.paths = given.words(paths);
    if (file.paths.empty()) given.fail("expected " + std::string(paths));
    if (const auto follow = map.find("follow")) file.follow = follow->boolean();
    if (const auto start = map.find("start")) {
        file.start = read_start(*start, false);
        if (!file.follow && file.start.from == StartPoint::From::latest) start->fail("latest needs follow: true");
    }
    if (const auto prefix = map.find("log_line_prefix")) file.log_line_prefix = prefix->text("PostgreSQL's log_line_prefix");
    file.labels = read_labels(map, labels);
    map.done();
    return file;
}

HttpSourceSettings read_http_source(const YamlValue& value, const Labels& labels) {
    YamlMap map = value.map("a map such as {listen: 127.0.0.1:8781}");
    HttpSourceSettings http;
    constexpr std::string_view address = "an address to listen on such as 127.0.0.1:8781";
    http.listen = read_address(map.require("listen", address), address);
    if (const auto token = map.secret("token")) http.token = *token;
    if (const auto webhooks = map.find("webhooks")) {
        YamlMap senders = webhooks->map("a map such as {github: {secret_file: …}}");
        for (const char* sender : {"github", "sentry", "vercel"}) {
            const auto given = senders.find(sender);
            if (!given) continue;
            YamlMap one = given->map("{secret_file: …}");
            const auto secret = one.secret("secret");
            if (!secret) given->fail("expected {secret_file: …}, with which " + std::string(sender) + " signs what it sends");
            http.webhook_secrets[sender] = *secret;
            one.done();
        }
        senders.done();
    }
    if (const auto prefix = map.find("log_line_prefix")) http.log_line_prefix = prefix->text("PostgreSQL's log_line_prefix");
    if (const auto keep = map.find("keep_keys")) http.keep_keys = keep->duration(std::chrono::minutes{1});
    http.labels = read_labels(map, labels);
    map.done();
    return http;
}

}  // namespace

Labels read_labels(YamlMap& map, Labels defaults) {
    const auto given = map.find("labels");
    if (!given) return defaults;
    YamlMap labels = given->map("labels, each one of " + std::string(kLabels));
    for (const auto name : {"environment", "database", "service", "release", "host"}) {
        if (const auto label = labels.find(name)) defaults[name] = label->word("a text");
    }
    labels.done();
    return defaults;
}

void refuse_reserved(const YamlValue& properties, const std::map<std::string, std::string>& given) {
    constexpr std::array reserved{"bootstrap.servers",
                                  "metadata.broker.list",
                                  "group.id",
                                  "enable.auto.commit",
                                  "enable.auto.offset.store",
                                  "partition.assignment.strategy",
                                  "enable.partition.eof",
                                  "go.application.rebalance.enable",
                                  "group.instance.id"};
    for (const auto& [name, value] : given) {
        if (std::find(reserved.begin(), reserved.end(), name) != reserved.end()) {
            properties.fail(name + " is culprit's own to set; remove it");
        }
    }
}

std::string read_address(const YamlValue& value, std::string_view expected) {
    std::string address = value.word(expected);
    const std::size_t colon = address.rfind(':');
    const std::string port = colon == std::string::npos ? "" : address.substr(colon + 1);
    const bool digits = !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == std::string::npos;
    if (!digits || colon == 0 || std::stoi(port) > 65'535)
        value.fail("expected " + std::string(expected) + ", not '" + address + "'");
    return address;
}

std::vector<SourceSettings> read_sources(const YamlValue& value, const Labels& labels) {
    std::vector<SourceSettings> sources;
    for (const YamlValue& item : value.list("a list of sources, each {kafka: …}, {file: …} or {http: …}")) {
        constexpr std::string_view expected = "a source: {kafka: …}, {file: …} or {http: …}";
        YamlMap map = item.map(expected);
        const std::string kind = map.only_key(expected);
        if (kind == "kafka") {
            sources.emplace_back(read_kafka_source(*map.find(kind), labels));
        } else if (kind == "file") {
            sources.emplace_back(read_file_source(*map.find(kind), labels));
        } else if (kind == "http") {
            HttpSourceSettings http = read_http_source(*map.find(kind), labels);
            const auto same = [&](const SourceSettings& other) {
                const auto* known = std::get_if<HttpSourceSettings>(&other);
                return known && known->listen == http.listen;
            };
            if (std::ranges::any_of(sources, same)) item.fail("the address is listed twice");
            sources.emplace_back(std::move(http));
        } else {
            item.fail("unknown source '" + kind + "'; expected " + std::string(expected));
        }
    }
    return sources;
}

CanarySettings read_canary(const YamlValue& value, const std::vector<SourceSettings>& sources) {
    YamlMap map = value.map("a map such as {topic: app-logs, interval: 1m}");
    CanarySettings canary;
    const YamlValue topic = map.require("topic", "a topic that a source reads");
    canary.topic = topic.word("a topic that a source reads");
    if (const auto interval = map.find("interval")) canary.interval = interval->duration(std::chrono::seconds{1});
    map.done();
    for (const SourceSettings& source : sources) {
        const auto* kafka = std::get_if<KafkaSourceSettings>(&source);
        if (!kafka) continue;
        const auto read = std::ranges::find(kafka->topics, canary.topic, &TopicSettings::name);
        if (read == kafka->topics.end()) continue;
        if (read->dead_letters) topic.fail("expected a topic of logs; " + canary.topic + " holds dead letters");
        canary.brokers = kafka->brokers;
        canary.properties = kafka->properties;
        return canary;
    }
    topic.fail("expected a topic that a source reads; no kafka source reads " + canary.topic);
}

}  // namespace culprit
