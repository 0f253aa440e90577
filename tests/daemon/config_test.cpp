#include "daemon/config.h"

#include <gtest/gtest.h>

#include "temporary_folder.h"

namespace culprit {
namespace {

std::optional<std::string> test_environment(const std::string& name) {
    if (name == "BROKER") return "kafka-7:9092";
    return std::nullopt;
}

Result<Config> parse(const std::string& text) { return parse_config(text, "culprit.yaml", test_environment); }

struct WrongConfig {
    const char* what;
    const char* yaml;
    const char* error;
};
void PrintTo(const WrongConfig& wrong, std::ostream* out) { *out << wrong.what; }

class AWrongConfigurationSaysWhereAndWhatWasExpected : public testing::TestWithParam<WrongConfig> {};

TEST_P(AWrongConfigurationSaysWhereAndWhatWasExpected, InOneLine) {
    const auto config = parse(GetParam().yaml);
    ASSERT_FALSE(config.ok());
    EXPECT_EQ(config.error().message, GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    Tables, AWrongConfigurationSaysWhereAndWhatWasExpected,
    testing::Values(
        WrongConfig{"topics are no list", "sources:\n  - kafka:\n      brokers: [k:9092]\n      topics: app-logs\n",
                    "culprit.yaml:4: sources[0].kafka.topics: expected a list of topics, each {name: …}"},
        WrongConfig{"a topic without a name", "sources:\n  - kafka: {brokers: [k:9092], topics: [{labels: {service: a}}]}\n",
                    "culprit.yaml:2: sources[0].kafka.topics[0].name: is missing; expected the topic's name"},
        WrongConfig{"no brokers", "sources:\n  - kafka:\n      topics: [{name: a}]\n",
                    "culprit.yaml:3: sources[0].kafka.brokers: is missing; expected a list of brokers, each host:port"},
        WrongConfig{"a topic twice", "sources:\n  - kafka: {brokers: k, topics: [{name: a}, {name: a}]}\n",
                    "culprit.yaml:2: sources[0].kafka.topics[1]: the topic is listed twice"},
        WrongConfig{"an unknown key", "labels: {environment: production}\nsignallog: {}\n",
                    "culprit.yaml:2: signallog: unknown key; expected one of labels, sources, signal_log, correlation, services, "
                    "active_users, maintenance, redaction, "
                    "sinks, dead_letter, http, canary, kibana, catalogues, rules"},
        WrongConfig{"an unknown label", "labels: {team: a}\n",
                    "culprit.yaml:1: labels.team: unknown key; expected one of environment, database, service, release, host"},
        WrongConfig{"a key twice", "http: {listen: '127.0.0.1:1'}\nhttp: {listen: '127.0.0.1:2'}\n",
                    "culprit.yaml:2: 'http' is given twice"},
        WrongConfig{"a bad start", "sources:\n  - kafka: {brokers: k, topics: [{name: a}], start: yesterday}\n",
                    "culprit.yaml:2: sources[0].kafka.start: expected latest, earliest or an age such as 1h, not 'yesterday'"},
        WrongConfig{
            "a property of culprit's own",
            "sources:\n  - kafka:\n      brokers: k\n      topics: [{name: a}]\n      properties: {enable.auto.commit: true}\n",
            "culprit.yaml:5: sources[0].kafka.properties: enable.auto.commit is culprit's own to set; remove it"},
        WrongConfig{"latest without follow", "sources:\n  - file: {paths: [a.log], start: latest}\n",
                    "culprit.yaml:2: sources[0].file.start: latest needs follow: true"},
        WrongConfig{"no boolean", "sources:\n  - file: {paths: [a.log], follow: maybe}\n",
                    "culprit.yaml:2: sources[0].file.follow: expected true or false, not 'maybe'"},
        WrongConfig{"an unknown source", "sources:\n  - syslog: {}\n",
                    "culprit.yaml:2: sources[0]: unknown source 'syslog'; expected a source: {kafka: …}, {file: …} or {http: "
                    "…}"},
        WrongConfig{"a link that asks for what no incident has",
                    "http:\n  links: [{title: Logs, url: 'https://logs/?q={customer}'}]\n",
                    "culprit.yaml:2: http.links[0].url: {customer} is not known; expected one of id, environment, service, "
                    "database, schema, table, constraint, kind, release, from, to, from_ms, to_ms"},
        WrongConfig{"a link that would run a script", "http: {links: [{title: Logs, url: 'javascript:alert(1)'}]}\n",
                    "culprit.yaml:1: http.links[0].url: expected http:// or https://"},
        WrongConfig{"a retention below a day", "sinks: [elasticsearch: {urls: ['https://es:9200'], retention: 1h}]\n",
                    "culprit.yaml:1: sinks[0].elasticsearch.retention: expected at least 86400000ms, not '1h'"},
        WrongConfig{"an http source without a port", "sources:\n  - http: {listen: localhost}\n",
                    "culprit.yaml:2: sources[0].http.listen: expected an address to listen on such as 127.0.0.1:8781, not "
                    "'localhost'"},
        WrongConfig{"an http source twice", "sources: [http: {listen: '[::1]:1'}, http: {listen: '[::1]:1'}]\n",
                    "culprit.yaml:1: sources[1]: the address is listed twice"},
        WrongConfig{"a sender that signs nothing", "sources: [http: {listen: 'a:1', webhooks: {argocd: {secret: s}}}]\n",
                    "culprit.yaml:1: sources[0].http.webhooks.argocd: unknown key; expected one of github, sentry, vercel"},
        WrongConfig{"a sender without its secret", "sources: [http: {listen: 'a:1', webhooks: {github: {}}}]\n",
                    "culprit.yaml:1: sources[0].http.webhooks.github: expected {secret_file: …}, with which github signs what it "
                    "sends"},
        WrongConfig{"an http source with the log in Kafka",
                    "labels: {environment: production}\nsources: [http: {listen: 'a:1'}]\nsignal_log: {kafka: {brokers: k}}\n",
                    "culprit.yaml:3: signal_log: an http source needs the log in SQLite: with it in Kafka a request repeated to "
                    "another node would be counted twice. Let the senders write to a Kafka topic, or give them a node of their "
                    "own with a kafka sink"},
        WrongConfig{
            "the Kafka signal log of no broker", "signal_log: {kafka: {topic: culprit.signals}}\n",
            "culprit.yaml:1: signal_log.kafka: brokers: expected a list of brokers, since there is no kafka source to take "
            "them from"},
        WrongConfig{"the Kafka signal log of records without an environment",
                    "sources: [kafka: {brokers: k, topics: [{name: a}]}]\nsignal_log: {kafka: {topic: culprit.signals}}\n",
                    "culprit.yaml:2: signal_log: the log is keyed by environment; give the topic a labels: {environment: …}, or "
                    "labels at the top"},
        WrongConfig{
            "an Alertmanager without its scheme", "sinks:\n  - alertmanager: {urls: [alertmanager:9093]}\n",
            "culprit.yaml:2: sinks[0].alertmanager.urls[0]: expected a list of URLs such as http://alertmanager:9093, not "
            "'alertmanager:9093'"},
        WrongConfig{"a webhook without its address", "sinks: [webhook: {template: slack}]\n",
                    "culprit.yaml:1: sinks[0].webhook: url: expected the address to post to, or url_file"},
        WrongConfig{
            "the Kafka sink of no broker", "sinks: [kafka: {topic: a}]\n",
            "culprit.yaml:1: sinks[0].kafka: brokers: expected a list of brokers, since neither a source nor the signal log "
            "has any to take them from"},
        WrongConfig{
            "no duration", "correlation:\n  resolve_after: 30 minutes\n",
            "culprit.yaml:2: correlation.resolve_after: expected a duration such as 250ms, 30s, 2m, 1h or 7d, not '30 minutes'"},
        WrongConfig{"a confidence beyond 1", "correlation: {min_confidence: 50}\n",
                    "culprit.yaml:1: correlation.min_confidence: expected a number from 0 to 1, not '50'"},
        WrongConfig{"too short a retention", "signal_log: {sqlite: {path: a.db, retention: 5m}}\n",
                    "culprit.yaml:1: signal_log.sqlite.retention: expected at least 3600000ms, not '5m'"},
        WrongConfig{"a window that ends before it begins",
                    "maintenance:\n  - {from: '2026-02-01T02:00Z', until: '2026-02-01T01:00Z'}\n",
                    "culprit.yaml:2: maintenance[0]: expected until to lie after from"},
        WrongConfig{"nobody", "active_users:\n  - {service: checkout, count: 0}\n",
                    "culprit.yaml:2: active_users[0].count: expected a number from 1 to 1e+12, not '0'"},
        WrongConfig{"a time without a zone", "maintenance:\n  - from: '2026-02-01T02:00'\n    until: '2026-02-01T03:00Z'\n",
                    "culprit.yaml:2: maintenance[0].from: expected a time such as '2026-02-01T02:00Z', not '2026-02-01T02:00'"},
        WrongConfig{"an unknown redaction", "redaction: {values: plain}\n",
                    "culprit.yaml:1: redaction.values: expected one of hash, remove, keep, not 'plain'"},
        WrongConfig{"a missing key file", "redaction:\n  key_file: /nonexistent/key\n",
                    "culprit.yaml:2: redaction.key_file: the file /nonexistent/key cannot be read"},
        WrongConfig{"a missing environment variable", "sinks:\n  - file: {path: '${NOWHERE}'}\n",
                    "culprit.yaml:2: sinks[0].file.path: the environment variable NOWHERE is not set; set it, or write $${ for a "
                    "plain ${"},
        WrongConfig{
            "a URL without a scheme", "sinks:\n  - elasticsearch: {urls: ['es:9200']}\n",
            "culprit.yaml:2: sinks[0].elasticsearch.urls: expected a list of URLs such as https://es:9200, not 'es:9200'"},
        WrongConfig{"a user without a password", "sinks:\n  - elasticsearch: {urls: ['http://es:9200'], username: a}\n",
                    "culprit.yaml:2: sinks[0].elasticsearch: username and password: expected both or none"},
        WrongConfig{"a key and its file", "sinks:\n  - elasticsearch: {urls: ['http://es:9200'], api_key: a, api_key_file: b}\n",
                    "culprit.yaml:2: sinks[0].elasticsearch.api_key_file: give either api_key or api_key_file"},
        WrongConfig{"an address without a port", "http: {listen: localhost}\n",
                    "culprit.yaml:1: http.listen: expected an address to listen on such as 127.0.0.1:8780, not 'localhost'"},
        WrongConfig{"dead letters in a topic of no broker", "dead_letter: {kafka: {topic: d}}\n",
                    "culprit.yaml:1: dead_letter.kafka: brokers: expected a list of brokers, since there is no kafka source to "
                    "take them from"},
        WrongConfig{"dead letters nowhere", "dead_letter: {payload: raw}\n",
                    "culprit.yaml:1: dead_letter: expected {file: …} or {kafka: {topic: …}}"},
        WrongConfig{"a canary that nobody would read",
                    "sources: [kafka: {brokers: k, topics: [{name: a}]}]\ncanary: {topic: b}\n",
                    "culprit.yaml:2: canary.topic: expected a topic that a source reads; no kafka source reads b"},
        WrongConfig{"a canary among dead letters",
                    "sources: [kafka: {brokers: k, topics: [{name: a, dead_letters: true}]}]\ncanary: {topic: a}\n",
                    "culprit.yaml:2: canary.topic: expected a topic of logs; a holds dead letters"},
        WrongConfig{"a catalogue folder that is not there", "catalogues: [/nonexistent]\n",
                    "culprit.yaml:1: catalogues: the directory /nonexistent does not exist"},
        WrongConfig{"a folder of rules that is not there", "rules: /nonexistent\n",
                    "culprit.yaml:1: rules: the directory /nonexistent does not exist"},
        WrongConfig{"no YAML", "sources: [\n", "culprit.yaml:2: this is not YAML: end of sequence flow not found"},
        WrongConfig{"no map", "- a\n", "culprit.yaml:1: expected a map with sources, signal_log and sinks"}));

TEST(Config, TheWholeExampleIsUnderstood) {
    TemporaryFolder folder;
    const std::string key = folder.write("key", "secret\n");
    const std::string yaml = R"(
labels: {environment: production}
sources:
  - kafka:
      brokers: ['${BROKER}']
      topics: [{name: app-logs}, {name: postgres-logs, log_line_prefix: '%m [%p] %q%u@%d ', labels: {database: shop, environment: staging}}]
      start: 1h
      properties: {security.protocol: SASL_SSL}
  - file: {paths: [/var/log/postgresql/*.json], follow: true, labels: {service: postgresql}}
  - http: {listen: '127.0.0.1:8781', token: t, keep_keys: 2h, webhooks: {github: {secret: s}}, labels: {service: edge}}
signal_log: {sqlite: {path: /tmp/signals.db, retention: 7d}}
correlation: {allowed_lateness: 2m, resolve_after: 20m, watch: 30m, min_confidence: 0.6}
maintenance: [{environment: production, database: shop, from: '2026-02-01T02:00Z', until: '2026-02-01T02:15Z'}]
services: [{service: checkout, database: shop}]
active_users: [{service: checkout, environment: production, count: 12000}, {count: 50000}]
redaction: {values: remove, key_file: )" +
                             key + R"(}
sinks:
  - elasticsearch: {urls: [https://es:9200], index: culprit-incidents, flush_interval: 500ms}
  - file: {path: '-', format: text}
dead_letter: {kafka: {topic: culprit.dead-letter}, payload: none}
http: {listen: '127.0.0.1:8780'}
)";
    const auto parsed = parse(yaml);
    ASSERT_TRUE(parsed.ok()) << parsed.error().message;
    const Config& config = parsed.value();
    const auto& kafka = std::get<KafkaSourceSettings>(config.sources.at(0));
    EXPECT_EQ(kafka.brokers, std::vector<std::string>{"kafka-7:9092"});
    EXPECT_EQ(kafka.start.from, StartPoint::From::age);
    const auto& requests = std::get<HttpSourceSettings>(config.sources.at(2));
    EXPECT_EQ(requests.listen, "127.0.0.1:8781");
    EXPECT_EQ(requests.token, "t");
    EXPECT_EQ(requests.keep_keys, std::chrono::hours{2});
    EXPECT_EQ(requests.webhook_secrets, (std::map<std::string, std::string>{{"github", "s"}}));
    EXPECT_EQ(requests.labels.at("service"), "edge");
    EXPECT_EQ(requests.labels.at("environment"), "production");
    EXPECT_EQ(kafka.start.age, std::chrono::hours{1});
    EXPECT_EQ(kafka.topics.at(0).labels.at("environment"), "production");
    EXPECT_EQ(kafka.topics.at(1).labels.at("environment"), "staging") << "the nearer label wins";
    EXPECT_EQ(kafka.topics.at(1).log_line_prefix, "%m [%p] %q%u@%d ");
    EXPECT_EQ(kafka.properties.at("security.protocol"), "SASL_SSL");
    const auto& file = std::get<FileSourceSettings>(config.sources.at(1));
    EXPECT_TRUE(file.follow);
    EXPECT_EQ(file.labels.at("service"), "postgresql");
    EXPECT_EQ(config.signal_log.retention, std::chrono::hours{24 * 7});
    EXPECT_EQ(config.correlation.resolve_after, std::chrono::minutes{20});
    EXPECT_EQ(config.correlation.min_confidence, 0.6);
    EXPECT_EQ(config.correlation.database_of_service.at("checkout"), "shop");
    EXPECT_EQ(config.correlation.active_users.at(0).count, 12000U);
    EXPECT_EQ(config.correlation.active_users.at(1).service, "") << "of all services";
    EXPECT_EQ(config.correlation.maintenance.at(0).until - config.correlation.maintenance.at(0).from, std::chrono::minutes{15});
    EXPECT_EQ(config.redaction.values, RedactedValues::remove);
    EXPECT_EQ(config.redaction.key, "secret") << "without the line break of its file";
    EXPECT_EQ(std::get<ElasticsearchSettings>(config.sinks.at(0)).flush_interval, std::chrono::milliseconds{500});
    EXPECT_EQ(std::get<FileSinkSettings>(config.sinks.at(1)).format, OutputFormat::text);
    EXPECT_EQ(config.dead_letter.topic, "culprit.dead-letter");
    EXPECT_EQ(config.dead_letter.brokers, kafka.brokers) << "the first Kafka source's";
    EXPECT_EQ(config.dead_letter.properties, kafka.properties);
    EXPECT_EQ(config.http->listen, "127.0.0.1:8780");
}

TEST(Config, ACanaryGoesTheWayOfTheSourceThatReadsItsTopic) {
    const auto config = parse(
        "sources:\n"
        "  - kafka: {brokers: [a:9092], topics: [{name: one}]}\n"
        "  - kafka: {brokers: [b:9092], topics: [{name: two}], properties: {security.protocol: SASL_SSL}}\n"
        "canary: {topic: two, interval: 15s}\n");
    ASSERT_TRUE(config.ok()) << config.error().message;
    const CanarySettings& canary = config.value().canary.value();
    EXPECT_EQ(canary.topic, "two");
    EXPECT_EQ(canary.interval, std::chrono::seconds{15});
    EXPECT_EQ(canary.brokers, std::vector<std::string>{"b:9092"});
    EXPECT_EQ(canary.properties.at("security.protocol"), "SASL_SSL");
}

TEST(Config, RulesOfAFolderReplaceThoseOfTheSameName) {
    TemporaryFolder folder;
    std::filesystem::create_directories(folder.file("rules/playbooks"));
    folder.write("rules/causality.yaml", "a: b\n");
    folder.write("rules/playbooks/ours.yaml", "c: d\n");
    folder.write("rules/README.md", "why");
    const std::string yaml = "rules: " + folder.file("rules") + "\n";
    const auto config = parse(yaml);
    ASSERT_TRUE(config.ok()) << config.error().message;
    EXPECT_EQ(config.value().correlation.rules,
              (std::map<std::string, std::string>{{"causality.yaml", "a: b\n"}, {"playbooks/ours.yaml", "c: d\n"}}));
    folder.write("rules/causalty.yaml", "");
    const auto mistyped = parse(yaml);
    ASSERT_FALSE(mistyped.ok());
    EXPECT_NE(mistyped.error().message.find("causalty.yaml: expected causality.yaml, severity.yaml"), std::string::npos);
}

TEST(Config, ADollarSignIsWrittenTwiceToStandForItself) {
    const auto config = parse("sinks:\n  - file: {path: 'a$${b}'}\n");
    ASSERT_TRUE(config.ok()) << config.error().message;
    EXPECT_EQ(std::get<FileSinkSettings>(config.value().sinks.at(0)).path, "a${b}");
}

TEST(Config, AlertsGoToEveryAlertmanagerAndToWebhooks) {
    const auto config = parse_config(
        "sinks:\n"
        "  - alertmanager: {urls: ['http://a:9093', 'https://b'], min_severity: SEV2, page_url: 'http://culprit:8780/', repeat: "
        "2m}\n"
        "  - webhook: {url: 'https://hooks.example/T0/x', template: slack, token: t, hold: 10s, runbook_url: "
        "'https://wiki/db'}\n",
        "culprit.yaml", {});
    ASSERT_TRUE(config.ok()) << config.error().message;
    const auto& alertmanager = std::get<AlertSettings>(config.value().sinks.at(0));
    EXPECT_EQ(alertmanager.urls, (std::vector<std::string>{"http://a:9093", "https://b"}));
    EXPECT_EQ(alertmanager.rules.least_severity, 2);
    EXPECT_EQ(alertmanager.rules.repeat, std::chrono::minutes{2});
    EXPECT_EQ(alertmanager.links.page, "http://culprit:8780");
    const auto& webhook = std::get<AlertSettings>(config.value().sinks.at(1));
    EXPECT_EQ(webhook.receiver, AlertReceiver::webhook);
    EXPECT_EQ(webhook.template_name, "slack");
    EXPECT_EQ(webhook.login.token, "t");
    EXPECT_EQ(webhook.rules.least_severity, 3);
    EXPECT_EQ(webhook.rules.hold, std::chrono::seconds{10});
    EXPECT_EQ(webhook.rules.repeat, Duration{0});
}

TEST(Config, AFileThatIsNotThereIsAnErrorThatSaysSo) {
    const auto config = load_config("/nonexistent/culprit.yaml");
    ASSERT_FALSE(config.ok());
    EXPECT_EQ(config.error().message, "/nonexistent/culprit.yaml: the configuration cannot be read; give its path with --config");
}

TEST(Config, AKafkaSinkWritesBesideTheSignalLogUnlessItNamesItsOwnBrokers) {
    const auto beside = parse(
        "labels: {environment: production}\nsources: [kafka: {brokers: input:9092, topics: [{name: a}]}]\n"
        "signal_log: {kafka: {brokers: log:9092, replication: 3}}\nsinks: [kafka: {}]\n");
    ASSERT_TRUE(beside.ok()) << beside.error().message;
    const auto& sink = std::get<KafkaSinkSettings>(beside.value().sinks.at(0));
    EXPECT_EQ(sink.topic, "culprit.incidents");
    EXPECT_EQ(sink.brokers, std::vector<std::string>{"log:9092"});
    EXPECT_EQ(sink.replication, 3);

    const auto one_node = parse("sources: [kafka: {brokers: input:9092, topics: [{name: a}]}]\nsinks: [kafka: {topic: t}]\n");
    ASSERT_TRUE(one_node.ok()) << one_node.error().message;
    EXPECT_EQ(std::get<KafkaSinkSettings>(one_node.value().sinks.at(0)).brokers, std::vector<std::string>{"input:9092"});
    const auto own = parse("sinks: [kafka: {brokers: own:9092}]\n");
    ASSERT_TRUE(own.ok()) << own.error().message;
    EXPECT_EQ(std::get<KafkaSinkSettings>(own.value().sinks.at(0)).brokers, std::vector<std::string>{"own:9092"});
}

}  // namespace
}  // namespace culprit
