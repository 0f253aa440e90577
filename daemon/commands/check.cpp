#include <iostream>

#include "correlator/correlator.h"
#include "daemon/commands/commands.h"
#include "daemon/config.h"
#include "daemon/kafka_client.h"
#include "daemon/redaction_key.h"
#include "matchers/catalogue.h"
#include "matchers/recognition.h"

namespace culprit {

namespace {

int connect(const Config& config) {
    for (const SourceSettings& settings : config.sources) {
        const auto* kafka = std::get_if<KafkaSourceSettings>(&settings);
        if (!kafka) continue;
        std::vector<std::string> topics;
        for (const TopicSettings& topic : kafka->topics) topics.push_back(topic.name);
        const auto missing = missing_topics(kafka->brokers, kafka->properties, topics);
        if (!missing)
            return fail(kServerUnreachable, missing.error().message + "; check sources.kafka.brokers and its properties");
        std::cout << "ok: Kafka at " << joined_brokers(kafka->brokers) << " answers" << std::endl;
        for (const std::string& topic : missing.value())
            std::cout << "note: the topic " << topic << " does not exist yet; it is waited for" << std::endl;
    }
    return kDone;
}

}  // namespace

int check(const CheckOptions& options) {
    Config config;
    if (!options.config.empty()) {
        auto loaded = load_config(options.config);
        if (!loaded) return fail(kWrongUsage, loaded.error().message);
        config = std::move(loaded).value();
        if (config.sources.empty())
            return fail(kWrongUsage, options.config + ": sources: expected at least one source, {kafka: …}, {file: …} or {http: …}");
        std::cout << "ok: configuration " << options.config << std::endl;
    } else if (options.connect) {
        return fail(kWrongUsage, "--connect needs --config, which names the servers");
    }
    if (!options.patterns.empty()) {
        if (!std::filesystem::is_directory(options.patterns))
            return fail(kWrongUsage, "--patterns " + options.patterns + ": expected a directory of catalogue files");
        config.catalogues.emplace_back(options.patterns);
    }
    if (config.redaction.key.empty()) config.redaction.key = machine_redaction_key();
    const auto recognition = Recognition::load(config.catalogues, config.redaction);
    if (!recognition) return fail(kWrongUsage, recognition.error().message);
    const auto catalogue = Catalogue::load(config.catalogues);
    if (!catalogue) return fail(kWrongUsage, catalogue.error().message);
    const auto failures = run_examples(*catalogue.value());
    for (const std::string& failure : failures) fail(kWrongUsage, failure);
    if (!failures.empty()) return kWrongUsage;
    std::cout << "ok: catalogues and their examples" << std::endl;

    const Correlator correlator(config.correlation);  // throws, with file and line, for a playbook that does not load
    std::cout << "ok: causality and playbooks" << std::endl;
    return options.connect ? connect(config) : kDone;
}

}  // namespace culprit
