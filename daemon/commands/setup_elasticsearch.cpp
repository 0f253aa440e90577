#include <iostream>

#include "daemon/commands/commands.h"
#include "daemon/config.h"
#include "daemon/setup/elasticsearch_setup.h"
#include "daemon/sinks/elasticsearch_sink.h"

namespace culprit {
namespace {

void print(const HttpRequest& request) { std::cout << request.method << ' ' << request.target << '\n' << request.body << '\n'; }

/// What differs on the server, or all of it where no server answers.
Result<Done> say_what_would_be_sent(const Ask& server, const ElasticsearchSettings& settings) {
    const auto said = [](const std::string& what) {
        if (!what.starts_with("installed ")) std::cout << "# " << what << '\n';
    };
    HttpRequest health;
    health.method = "GET";
    health.target = "/_cluster/health";
    const auto reached = server(health);
    if (!reached) std::cout << "# " << reached.error().message << "; this is what an empty Elasticsearch would be sent\n";
    return set_elasticsearch_up(only_told(print, reached ? server : nothing_there_yet()), settings, said);
}

}  // namespace

int setup_elasticsearch(const SetupOptions& options) {
    const auto config = load_config(options.config);
    if (!config) return fail(kWrongUsage, config.error().message);
    bool any = false;
    for (const SinkSettings& sink : config.value().sinks) {
        const auto* settings = std::get_if<ElasticsearchSettings>(&sink);
        if (!settings) continue;
        any = true;
        const Ask server = ask_server(client_settings(*settings));
        const auto done = options.dry_run ? say_what_would_be_sent(server, *settings)
                                          : set_elasticsearch_up(server, *settings,
                                                                 [](const std::string& what) { std::cout << what << std::endl; });
        if (!done) return fail(kServerUnreachable, done.error().message);
    }
    if (any) return kDone;
    return fail(kWrongUsage,
                options.config + ": no Elasticsearch is configured: add sinks: [{elasticsearch: {urls: [https://es:9200]}}]");
}

}  // namespace culprit
