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

int setup_kibana(const Config& config, bool dry_run) {
    if (!config.kibana) return fail(kWrongUsage, "kibana is not configured: add kibana: {url: 'http://kibana:5601'}");
    const std::string incidents = incidents_index(config);
    if (dry_run) {
        const KibanaObjects objects = kibana_objects(KibanaVersion{}, incidents);
        print(import_step(*config.kibana, objects));
        for (const KibanaRule& rule : objects.rules) print(rule_step(*config.kibana, rule, false));
        return kDone;
    }
    const auto done =
        set_kibana_up(*config.kibana, incidents, [](const std::string& what) { std::cout << "installed " << what << '\n'; });
    return done ? kDone : fail(kServerUnreachable, done.error().message);
}

}  // namespace

int setup(const SetupOptions& options) {
    const auto config = load_config(options.config);
    if (!config) return fail(kWrongUsage, config.error().message);
    return setup_kibana(config.value(), options.dry_run);
}

}  // namespace culprit
