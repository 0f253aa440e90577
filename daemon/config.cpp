#include "daemon/config.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>

#include "correlator/rule_files.h"
#include "daemon/config_sinks.h"
#include "daemon/config_sources.h"
#include "daemon/text_values.h"
#include "daemon/web/page_links.h"

namespace culprit {

namespace {

/// With the log in Kafka an environment is what entries are spread by: every record has to have one.
void require_environments(const YamlValue& value, const std::vector<SourceSettings>& sources) {
    const auto check = [&](const Labels& labels, const std::string& source) {
        if (!labels.contains("environment"))
            value.fail("the log is keyed by environment; give " + source + " labels: {environment: …}, or labels at the top");
    };
    for (const SourceSettings& source : sources) {
        if (const auto* kafka = std::get_if<KafkaSourceSettings>(&source)) {
            for (const TopicSettings& topic : kafka->topics) check(topic.labels, "the topic " + topic.name);
        } else if (const auto* file = std::get_if<FileSourceSettings>(&source)) {
            check(file->labels, "the file source");
        } else {
            value.fail(
                "an http source needs the log in SQLite: with it in Kafka a request repeated to another node would be counted "
                "twice. Let the senders write to a Kafka topic, or give them a node of their own with a kafka sink");
        }
    }
}

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown-host";
}

KafkaLogSettings read_kafka_log(const YamlValue& value, const std::vector<SourceSettings>& sources, Duration& retention) {
    YamlMap map = value.map("a map such as {topic: culprit.signals}");
    KafkaLogSettings log;
    for (const SourceSettings& source : sources) {
        if (const auto* first = std::get_if<KafkaSourceSettings>(&source)) {
            log.brokers = first->brokers;
            log.properties = first->properties;
            break;
        }
    }
    if (const auto topic = map.find("topic")) log.topic = topic->word("a topic's name");
    log.snapshots = log.topic + ".snapshots";
    log.transactional_id = log.topic + "-" + host_name();
    if (const auto topic = map.find("snapshots")) log.snapshots = topic->word("a topic's name");
    if (const auto group = map.find("group_id")) log.group_id = group->word("a consumer group's name");
    if (const auto id = map.find("transactional_id")) log.transactional_id = id->word("a name that no other process has");
    if (const auto brokers = map.find("brokers")) log.brokers = brokers->words("a list of brokers, each host:port");
    if (const auto count = map.find("partitions")) log.partitions = static_cast<int>(count->number(1, 1'000));
    if (const auto count = map.find("replication")) log.replication = static_cast<int>(count->number(1, 100));
    if (const auto every = map.find("snapshot_every")) log.snapshot_every = every->duration(std::chrono::seconds{1});
    if (const auto after = map.find("abandon_after")) log.abandon_after = after->duration(std::chrono::seconds{1});
    if (const auto given = map.find("retention")) retention = given->duration(std::chrono::hours{1});
    if (const auto properties = map.find("properties")) {
        log.properties = properties->texts("a map of librdkafka's properties");
        refuse_reserved(*properties, log.properties);
    }
    map.done();
    if (log.brokers.empty()) value.fail("brokers: expected a list of brokers, since there is no kafka source to take them from");
    return log;
}

SignalLogSettings read_signal_log(const YamlValue& value, const std::vector<SourceSettings>& sources) {
    constexpr std::string_view expected = "{sqlite: {path: …}} or {kafka: {topic: …}}";
    YamlMap map = value.map(expected);
    const std::string kind = map.only_key(expected);
    SignalLogSettings log;
    if (kind == "kafka") {
        log.kafka = read_kafka_log(*map.find(kind), sources, log.retention);
        require_environments(value, sources);
        return log;
    }
    if (kind != "sqlite") value.fail("unknown signal log '" + kind + "'; expected " + std::string(expected));
    YamlMap sqlite = map.find(kind)->map("a map with path");
    if (const auto path = sqlite.find("path")) log.path = path->word("the path of a file");
    if (const auto retention = sqlite.find("retention")) log.retention = retention->duration(std::chrono::hours{1});
    sqlite.done();
    return log;
}

void read_correlation(YamlMap& root, CorrelationSettings& settings) {
    if (const auto value = root.find("correlation")) {
        YamlMap map = value->map("a map such as {resolve_after: 30m}");
        constexpr Duration second = std::chrono::seconds{1};
        if (const auto lateness = map.find("allowed_lateness")) settings.allowed_lateness = lateness->duration(Duration{0});
        if (const auto resolve = map.find("resolve_after")) settings.resolve_after = resolve->duration(second);
        if (const auto grace = map.find("remedy_grace")) settings.remedy_grace = grace->duration(Duration{0});
        if (const auto watch = map.find("watch")) settings.watch = watch->duration(second);
        if (const auto confidence = map.find("min_confidence")) settings.min_confidence = confidence->number(0, 1);
        map.done();
    }
    if (const auto value = root.find("services")) {
        for (const YamlValue& item : value->list("a list such as [{service: checkout, database: shop}]")) {
            YamlMap map = item.map("{service: …, database: …}");
            const std::string service = map.require("service", "a service's name").word("a service's name");
            const std::string database = map.require("database", "a database's name").word("a database's name");
            map.done();
            if (!settings.database_of_service.emplace(service, database).second) item.fail("the service is listed twice");
        }
    }
    if (const auto value = root.find("active_users")) {
        for (const YamlValue& item : value->list("a list such as [{service: checkout, count: 12000}]")) {
            YamlMap map = item.map("{service: …, environment: …, count: …}");
            ActiveUsers users;
            if (const auto environment = map.find("environment")) users.environment = environment->word("an environment's name");
            if (const auto service = map.find("service")) users.service = service->word("a service's name");
            users.count = static_cast<std::uint64_t>(map.require("count", "how many people use it").number(1, 1e12));
            map.done();
            settings.active_users.push_back(std::move(users));
        }
    }
    if (const auto value = root.find("maintenance")) {
        for (const YamlValue& item : value->list("a list of windows, each {from: …, until: …}")) {
            YamlMap map = item.map("{from: …, until: …}");
            MaintenanceWindow window;
            if (const auto environment = map.find("environment")) window.environment = environment->word("an environment's name");
            if (const auto database = map.find("database")) window.database = database->word("a database's name");
            window.from = map.require("from", "a time such as '2026-02-01T02:00Z'").time();
            window.until = map.require("until", "a time such as '2026-02-01T02:15Z'").time();
            map.done();
            if (window.until <= window.from) item.fail("expected until to lie after from");
            settings.maintenance.push_back(window);
        }
    }
}

RedactionPolicy read_redaction(const YamlValue& value) {
    YamlMap map = value.map("a map such as {values: hash}");
    RedactionPolicy policy;
    if (const auto values = map.find("values")) {
        constexpr std::array choices{RedactedValues::hash, RedactedValues::remove, RedactedValues::keep};
        policy.values = choices[values->choice({"hash", "remove", "keep"})];
    }
    if (const auto key = map.secret("key")) policy.key = *key;
    map.done();
    return policy;
}

DeadLetterSettings read_dead_letter(const YamlValue& value, const std::vector<SourceSettings>& sources) {
    YamlMap map = value.map("{file: …} or {kafka: {topic: …}}");
    DeadLetterSettings settings;
    const auto file = map.find("file");
    const auto kafka = map.find("kafka");
    if (file && kafka) kafka->fail("give either file or kafka");
    if (file) {
        settings.file = file->word("the path of a file");
    } else if (kafka) {
        YamlMap topic = kafka->map("{topic: …}");
        settings.topic = topic.require("topic", "a topic's name").word("a topic's name");
        for (const SourceSettings& source : sources) {
            if (const auto* first = std::get_if<KafkaSourceSettings>(&source)) {
                settings.brokers = first->brokers;
                settings.properties = first->properties;
                break;
            }
        }
        if (const auto brokers = topic.find("brokers")) settings.brokers = brokers->words("a list of brokers, each host:port");
        if (const auto properties = topic.find("properties")) {
            settings.properties = properties->texts("a map of librdkafka's properties");
        }
        topic.done();
        if (settings.brokers.empty())
            kafka->fail("brokers: expected a list of brokers, since there is no kafka source to take them from");
    }
    if (const auto payload = map.find("payload")) settings.raw = payload->choice({"none", "raw"}) == 1;
    map.done();
    if (!file && !kafka) value.fail("expected {file: …} or {kafka: {topic: …}}");
    return settings;
}

HttpSettings read_http(const YamlValue& value) {
    YamlMap map = value.map("{listen: host:port}");
    HttpSettings http;
    if (const auto listen = map.find("listen"))
        http.listen = read_address(*listen, "an address to listen on such as 127.0.0.1:8780");
    if (const auto token = map.secret("token")) http.token = *token;
    if (const auto links = map.find("links")) {
        constexpr std::string_view expected = "a list of links, each {title: Logs, url: 'https://…?service={service}'}";
        for (const YamlValue& item : links->list(expected)) {
            YamlMap link = item.map(expected);
            const YamlValue url = link.require("url", expected);
            http.links.push_back({link.require("title", expected).word("words for the link"), url.word("an address")});
            if (const auto problem = link_problem(http.links.back().url)) url.fail(*problem);
            link.done();
        }
    }
    map.done();
    return http;
}

/// Where a Kafka sink writes when it does not say: beside the signal log, or to where the first source reads.
KafkaSinkSettings nearest_kafka(const Config& config) {
    KafkaSinkSettings near;
    if (const auto& log = config.signal_log.kafka) {
        near.brokers = log->brokers;
        near.properties = log->properties;
        near.replication = log->replication;
        return near;
    }
    for (const SourceSettings& source : config.sources) {
        if (const auto* kafka = std::get_if<KafkaSourceSettings>(&source)) {
            near.brokers = kafka->brokers;
            near.properties = kafka->properties;
            break;
        }
    }
    return near;
}

/// What dead letters ask of the sources.
void settle_dead_letters(const YamlValue& value, Config& config) {
    for (SourceSettings& source : config.sources) {
        auto* kafka = std::get_if<KafkaSourceSettings>(&source);
        if (!kafka) continue;
        kafka->keep_origins = config.dead_letter.raw;
        for (const TopicSettings& topic : kafka->topics) {
            if (topic.name == config.dead_letter.topic)
                value.fail(
                    "the topic " + topic.name +
                    " is read as a source, too: what fails again would come back for ever; give one of them another topic, "
                    "or a file");
        }
    }
}

Config read_config(const YamlValue& document) {
    YamlMap root = document.map("a map with sources, signal_log and sinks");
    Config config;
    config.labels = read_labels(root, {});
    if (const auto sources = root.find("sources")) config.sources = read_sources(*sources, config.labels);
    if (const auto log = root.find("signal_log")) config.signal_log = read_signal_log(*log, config.sources);
    read_correlation(root, config.correlation);
    if (const auto redaction = root.find("redaction")) config.redaction = read_redaction(*redaction);
    if (const auto sinks = root.find("sinks")) config.sinks = read_sinks(*sinks, nearest_kafka(config));
    if (const auto letters = root.find("dead_letter")) {
        config.dead_letter = read_dead_letter(*letters, config.sources);
        settle_dead_letters(*letters, config);
    }
    if (const auto http = root.find("http")) config.http = read_http(*http);
    if (const auto canary = root.find("canary")) config.canary = read_canary(*canary, config.sources);
    if (const auto kibana = root.find("kibana")) config.kibana = read_kibana(*kibana);
    if (const auto catalogues = root.find("catalogues")) {
        for (const std::string& path : catalogues->words("a list of directories")) {
            if (!std::filesystem::is_directory(path)) catalogues->fail("the directory " + path + " does not exist");
            config.catalogues.emplace_back(path);
        }
    }
    if (const auto rules = root.find("rules")) {
        auto read = read_rules(rules->word("a directory of rules"));
        if (!read) rules->fail(read.error().message);
        config.correlation.rules = std::move(read).value();
    }
    root.done();
    return config;
}

}  // namespace

Result<std::map<std::string, std::string>> read_rules(const std::filesystem::path& folder) {
    constexpr std::string_view expected = "expected causality.yaml, severity.yaml, warnings.yaml or playbooks/NAME.yaml";
    if (!std::filesystem::is_directory(folder)) return Error{"the directory " + folder.string() + " does not exist"};
    std::map<std::string, std::string> rules;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file() || entry.path().extension() != ".yaml") continue;
        const std::string name = entry.path().lexically_relative(folder).generic_string();
        if (!is_rule_file(name)) return Error{entry.path().string() + ": " + std::string(expected)};
        std::ifstream file(entry.path(), std::ios::binary);
        rules[name].assign(std::istreambuf_iterator<char>(file), {});
        if (!file) return Error{"the file " + entry.path().string() + " cannot be read"};
    }
    if (rules.empty()) return Error{"the directory " + folder.string() + " holds no rules; " + std::string(expected)};
    return rules;
}

bool is_label(std::string_view name) {
    return name == "environment" || name == "database" || name == "service" || name == "release" || name == "host";
}

Result<Config> parse_config(const std::string& text, const std::string& file, const Environment& environment) {
    try {
        return read_config(read_yaml(text, file, environment));
    } catch (const ConfigError& error) {
        return Error{error.what()};
    }
}

Result<Config> load_config(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file || std::filesystem::is_directory(path)) {
        return Error{path.string() + ": the configuration cannot be read; give its path with --config"};
    }
    const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    return parse_config(text, path.string(), [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value ? std::optional<std::string>(value) : std::nullopt;
    });
}

}  // namespace culprit
