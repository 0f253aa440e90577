#include <iostream>

#include "daemon/commands/commands.h"
#include "daemon/config.h"
#include "daemon/setup/kibana_setup.h"

namespace culprit {
namespace {

std::string incidents_index(const Config& config) {
    for (const SinkSettings& sink : config.sinks)
        if (const auto* elasticsearch = std::get_if<ElasticsearchSettings>(&sink)) return elasticsearch->index;
    return ElasticsearchSettings{}.index;
}

void print(const SetupStep& step) {
    std::cout << step.request.method << ' ' << step.request.target << "   # " << step.what << '\n' << step.request.body << '\n';
}

}  // namespace

int setup_kibana(const SetupOptions& options) {
    const auto loaded = load_config(options.config);
    if (!loaded) return fail(kWrongUsage, loaded.error().message);
    const Config& config = loaded.value();
    if (!config.kibana) return fail(kWrongUsage, "kibana is not configured: add kibana: {url: 'http://kibana:5601'}");
    const std::string incidents = incidents_index(config);
    if (options.dry_run) {
        const KibanaObjects objects = kibana_objects(KibanaVersion{}, incidents, config.kibana->page);
        print(import_step(*config.kibana, objects));
        for (const KibanaRule& rule : objects.rules) print(rule_step(*config.kibana, rule, false));
        return kDone;
    }
    const auto done =
        set_kibana_up(*config.kibana, incidents, [](const std::string& what) { std::cout << "installed " << what << '\n'; });
    return done ? kDone : fail(kServerUnreachable, done.error().message);
}

}  // namespace culprit
