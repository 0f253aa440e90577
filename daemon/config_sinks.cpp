#include "daemon/config_sinks.h"

#include <fstream>

namespace culprit {
namespace {

/// `key`: which of `api_key` and `token` the server takes.
HttpLogin read_login(YamlMap& map, std::string_view key) {
    HttpLogin login;
    if (const auto secret = map.secret(std::string(key))) (key == "token" ? login.token : login.api_key) = *secret;
    if (const auto user = map.find("username")) login.username = user->word("a user name");
    if (const auto password = map.secret("password")) login.password = *password;
    if (login.username.empty() != login.password.empty()) map.value().fail("username and password: expected both or none");
    if (const auto ca = map.find("ca_file")) {
        login.ca_file = ca->word("the path of a PEM file");
        if (!std::ifstream(login.ca_file)) ca->fail("the file " + login.ca_file + " cannot be read");
    }
    return login;
}

ElasticsearchSettings read_elasticsearch(const YamlValue& value) {
    YamlMap map = value.map("a map with urls");
    ElasticsearchSettings elasticsearch;
    constexpr std::string_view urls = "a list of URLs such as https://es:9200";
    const YamlValue given = map.require("urls", urls);
    elasticsearch.urls = given.words(urls);
    if (elasticsearch.urls.empty()) given.fail("expected " + std::string(urls));
    for (const std::string& url : elasticsearch.urls) {
        if (!url.starts_with("http://") && !url.starts_with("https://")) {
            given.fail("expected " + std::string(urls) + ", not '" + url + "'");
        }
    }
    if (const auto index = map.find("index")) elasticsearch.index = index->word("an index name");
    elasticsearch.login = read_login(map, "api_key");
    if (const auto retention = map.find("retention")) elasticsearch.retention = retention->duration(std::chrono::days{1});
    const auto milliseconds = [&](const char* key, std::chrono::milliseconds& setting) {
        if (const auto given = map.find(key)) {
            setting = std::chrono::duration_cast<std::chrono::milliseconds>(given->duration(std::chrono::milliseconds{1}));
        }
    };
    milliseconds("flush_interval", elasticsearch.flush_interval);
    milliseconds("request_timeout", elasticsearch.request_timeout);
    if (const auto bytes = map.find("max_bulk_bytes")) {
        elasticsearch.max_bulk_bytes = static_cast<std::size_t>(bytes->number(100'000, 100'000'000));
    }
    map.done();
    return elasticsearch;
}

KafkaSinkSettings read_kafka_sink(const YamlValue& value, const KafkaSinkSettings& near) {
    YamlMap map = value.map("a map such as {topic: culprit.incidents}");
    KafkaSinkSettings kafka = near;
    if (const auto topic = map.find("topic")) kafka.topic = topic->word("a topic's name");
    if (const auto brokers = map.find("brokers")) kafka.brokers = brokers->words("a list of brokers, each host:port");
    if (const auto count = map.find("replication")) kafka.replication = static_cast<int>(count->number(1, 100));
    if (const auto properties = map.find("properties")) kafka.properties = properties->texts("a map of librdkafka's properties");
    map.done();
    if (kafka.brokers.empty())
        value.fail("brokers: expected a list of brokers, since neither a source nor the signal log has any to take them from");
    return kafka;
}

FileSinkSettings read_file_sink(const YamlValue& value) {
    YamlMap map = value.map("a map with path");
    FileSinkSettings file;
    file.path = map.require("path", "a path, or '-' for stdout").word("a path, or '-' for stdout");
    if (const auto format = map.find("format")) {
        file.format = format->choice({"text", "ndjson"}) == 0 ? OutputFormat::text : OutputFormat::ndjson;
    }
    map.done();
    return file;
}

std::string read_url(const YamlValue& value, std::string_view expected) {
    const std::string url = value.word(expected);
    if (!url.starts_with("http://") && !url.starts_with("https://"))
        value.fail("expected " + std::string(expected) + ", not '" + url + "'");
    return url;
}

/// Without a `/` at its end: paths are added to it.
std::string read_page_url(const YamlValue& value) {
    std::string url = read_url(value, "where people reach culprit's page, such as http://culprit.internal:8780");
    while (url.ends_with('/')) url.pop_back();
    return url;
}

/// What Alertmanager and webhooks have in common.
void read_alerts(YamlMap& map, AlertSettings& alerts) {
    if (const auto severity = map.find("min_severity"))
        alerts.rules.least_severity = static_cast<int>(severity->choice({"SEV1", "SEV2", "SEV3", "SEV4"})) + 1;
    if (const auto hold = map.find("hold")) alerts.rules.hold = hold->duration(Duration{0});
    if (const auto page = map.find("page_url")) alerts.links.page = read_page_url(*page);
    if (const auto runbook = map.find("runbook_url")) alerts.links.runbook = read_url(*runbook, "the runbook's URL");
    alerts.login = read_login(map, "token");
}

AlertSettings read_alertmanager(const YamlValue& value) {
    constexpr std::string_view expected = "a list of URLs such as http://alertmanager:9093";
    YamlMap map = value.map("a map with urls");
    AlertSettings alerts;
    for (const YamlValue& url : map.require("urls", expected).list(expected)) alerts.urls.push_back(read_url(url, expected));
    if (alerts.urls.empty()) value.fail("urls: expected " + std::string(expected));
    alerts.rules.repeat = std::chrono::minutes{1};  // Alertmanager's resolve_timeout is 5 minutes
    if (const auto repeat = map.find("repeat")) alerts.rules.repeat = repeat->duration(std::chrono::seconds{1});
    read_alerts(map, alerts);
    map.done();
    return alerts;
}

AlertSettings read_webhook(const YamlValue& value) {
    YamlMap map = value.map("a map with url");
    AlertSettings alerts;
    alerts.receiver = AlertReceiver::webhook;
    const auto url = map.secret("url");
    if (!url) value.fail("url: expected the address to post to, or url_file");
    if (!url->starts_with("http://") && !url->starts_with("https://")) value.fail("url: expected http:// or https://");
    alerts.urls = {*url};
    if (const auto name = map.find("template")) alerts.template_name = name->word("slack, generic, or one of your own templates");
    if (const auto folder = map.find("templates")) alerts.templates = folder->word("a folder of *.mustache files");
    read_alerts(map, alerts);
    map.done();
    return alerts;
}

}  // namespace

std::vector<SinkSettings> read_sinks(const YamlValue& value, const KafkaSinkSettings& near) {
    std::vector<SinkSettings> sinks;
    for (const YamlValue& item :
         value.list("a list of sinks, each {elasticsearch: …}, {kafka: …}, {alertmanager: …}, {webhook: …} or {file: …}")) {
        constexpr std::string_view expected =
            "a sink: {elasticsearch: …}, {kafka: …}, {alertmanager: …}, {webhook: …} or {file: …}";
        YamlMap map = item.map(expected);
        const std::string kind = map.only_key(expected);
        if (kind == "elasticsearch") {
            sinks.emplace_back(read_elasticsearch(*map.find(kind)));
        } else if (kind == "file") {
            sinks.emplace_back(read_file_sink(*map.find(kind)));
        } else if (kind == "alertmanager") {
            sinks.emplace_back(read_alertmanager(*map.find(kind)));
        } else if (kind == "webhook") {
            sinks.emplace_back(read_webhook(*map.find(kind)));
        } else if (kind == "kafka") {
            sinks.emplace_back(read_kafka_sink(*map.find(kind), near));
        } else {
            item.fail("unknown sink '" + kind + "'; expected " + std::string(expected));
        }
    }
    return sinks;
}

KibanaSettings read_kibana(const YamlValue& value) {
    YamlMap map = value.map("a map with url");
    KibanaSettings kibana;
    constexpr std::string_view url = "Kibana's URL such as http://kibana:5601";
    kibana.url = read_url(map.require("url", url), url);
    if (const auto space = map.find("space")) kibana.space = space->word("the id of a space");
    if (const auto page = map.find("page_url")) kibana.page = read_page_url(*page);
    kibana.login = read_login(map, "api_key");
    map.done();
    return kibana;
}

}  // namespace culprit
