#include <utility>  // first: Boost 1.74's coroutines use std::exchange without including it
//
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <thread>

#include "correlator/rules_fingerprint.h"
#include "daemon/alerts/alert_sink.h"
#include "daemon/commands/commands.h"
#include "daemon/commands/run_nodes.h"
#include "daemon/config.h"
#include "daemon/held_signals.h"
#include "daemon/incident_feed.h"
#include "daemon/kafka_writer.h"
#include "daemon/pipeline.h"
#include "daemon/redaction_key.h"
#include "daemon/sinks/elasticsearch_sink.h"
#include "daemon/sinks/file_sink.h"
#include "daemon/sinks/incident_record.h"
#include "daemon/sinks/kafka_sink.h"
#include "daemon/sources/file_source.h"
#include "daemon/sources/http_source.h"
#include "daemon/sources/kafka_source.h"
#include "daemon/web/http_server.h"
#include "matchers/recognition.h"

namespace culprit {

namespace {

namespace asio = boost::asio;

using Sources = std::vector<std::unique_ptr<Source>>;

/// `log`: null on many nodes, where no source takes requests.
Result<Sources> make_sources(const Config& config, const Recognition& recognition, Telemetry& telemetry, SqliteSignalLog* log) {
    Sources sources;
    for (const SourceSettings& settings : config.sources) {
        if (const auto* kafka = std::get_if<KafkaSourceSettings>(&settings)) {
            sources.push_back(std::make_unique<KafkaSource>(
                recognition, *kafka, telemetry, config.signal_log.kafka ? KafkaSource::Group::shared : KafkaSource::Group::own));
        } else if (const auto* file = std::get_if<FileSourceSettings>(&settings)) {
            sources.push_back(std::make_unique<FileSource>(recognition, *file));
        } else {
            auto answered = log->request_keys();
            if (!answered) return answered.error();
            auto http = std::make_unique<HttpSource>(recognition, std::get<HttpSourceSettings>(settings), telemetry,
                                                     std::move(answered).value());
            if (const auto listening = http->listen(); !listening) return listening.error();
            spdlog::info("sources.http.listen {}: port {}", std::get<HttpSourceSettings>(settings).listen, http->port());
            sources.push_back(std::move(http));
        }
    }
    return sources;
}

/// The outbox lies in the signal log's file; without alerts there is none.
Result<std::unique_ptr<Outbox>> make_outbox(const Config& config) {
    const auto is_alert = [](const SinkSettings& sink) { return std::holds_alternative<AlertSettings>(sink); };
    if (std::ranges::none_of(config.sinks, is_alert)) return std::unique_ptr<Outbox>();
    return Outbox::open(config.signal_log.path);
}

/// Where a sink puts what its server will never take: each has a writer of its own, for its own thread. Throws where that
/// fails: the sink keeps the document and tries again, as its position must not pass before it is safe.
Result<RejectedDocument> dead_letters_of(std::string sink, const Config& config, Telemetry& telemetry) {
    auto opened = DeadLetters::open(config.dead_letter);
    if (!opened) return opened.error();
    const std::shared_ptr<DeadLetters> letters = std::move(opened).value();  // shared by the copies of the function alone
    return RejectedDocument([letters, sink, &telemetry](const IncidentDocument& document, const std::string& reason) {
        if (const auto written = letters->write(document, sink, reason); !written)
            throw std::runtime_error(written.error().message);
        telemetry.dead_letter("rejected_by_sink");
    });
}

Result<Sinks> make_sinks(const Config& config, asio::io_context& io, Telemetry& telemetry, Outbox* outbox) {
    Sinks sinks;
    for (const SinkSettings& settings : config.sinks) {
        if (const auto* elasticsearch = std::get_if<ElasticsearchSettings>(&settings)) {
            const auto rejected = dead_letters_of("elasticsearch", config, telemetry);
            if (!rejected) return rejected.error();
            sinks.push_back(make_elasticsearch_sink(io, *elasticsearch, telemetry, rejected.value()));
        } else if (const auto* kafka = std::get_if<KafkaSinkSettings>(&settings)) {
            const auto rejected = dead_letters_of("kafka", config, telemetry);
            if (!rejected) return rejected.error();
            sinks.push_back(make_kafka_sink(*kafka, telemetry, rejected.value()));
        } else if (const auto* alerts = std::get_if<AlertSettings>(&settings)) {
            AlertSettings resolved = *alerts;
            resolved.rules.newest = config.correlation.resolve_after;
            sinks.push_back(make_alert_sink(io, std::move(resolved), *outbox, telemetry));
        } else {
            auto file = make_file_sink(std::get<FileSinkSettings>(settings), telemetry);
            if (!file) return file.error();
            sinks.push_back(std::move(file).value());
        }
    }
    return sinks;
}

/// Where on many nodes every page takes its incidents from.
std::optional<KafkaSinkSettings> kafka_sink_of(const Config& config) {
    for (const SinkSettings& sink : config.sinks)
        if (const auto* kafka = std::get_if<KafkaSinkSettings>(&sink)) return *kafka;
    return std::nullopt;
}

/// Signals, HTTP and the Elasticsearch client live on one io_context and its thread.
void serve(asio::io_context& io) {
    while (true) {
        try {
            io.run();
            return;
        } catch (const std::exception& error) {
            spdlog::error("an operation on the network failed: {}", error.what());
        }
    }
}

}  // namespace

int run(const RunOptions& options) {
    HeldSignals held;
    spdlog::set_default_logger(spdlog::stderr_color_mt("culprit"));  // stdout may be a sink's
    std::signal(SIGPIPE, SIG_IGN);                                   // a reader that went away is an error of its write

    auto loaded = load_config(options.config);
    if (!loaded) return fail(kWrongUsage, loaded.error().message);
    Config config = std::move(loaded).value();
    const bool nodes_share = config.signal_log.kafka.has_value();
    if (options.role != Role::all && !nodes_share)
        return fail(kWrongUsage, options.config + ": --role needs the signal log in Kafka; with SQLite one process does all");
    if (config.sources.empty() && options.role != Role::correlator)
        return fail(kWrongUsage, options.config + ": sources: expected at least one source, {kafka: …}, {file: …} or {http: …}");
    if (options.role == Role::correlator) config.sources.clear();
    const auto incidents_topic = nodes_share ? kafka_sink_of(config) : std::nullopt;
    if (options.role == Role::matcher) config.sinks.clear();
    if (config.sinks.empty() && options.role != Role::matcher) spdlog::warn("no sinks are configured: incidents go nowhere");
    if (config.redaction.key.empty()) {
        spdlog::warn("redaction.key_file is not set: hashes are keyed by this machine's id");
        config.redaction.key = machine_redaction_key();
    }
    const auto recognition = Recognition::load(config.catalogues, config.redaction);
    if (!recognition) return fail(kWrongUsage, recognition.error().message);
    std::unique_ptr<SqliteSignalLog> log;
    if (!nodes_share) {
        auto opened = SqliteSignalLog::open(config.signal_log.path);
        if (!opened) return fail(kWrongUsage, opened.error().message);
        log = std::move(opened).value();
        if (const auto adopted = log->adopt_rules(rules_fingerprint(config.correlation)); !adopted)
            return fail(kWrongUsage, adopted.error().message);
        config.correlation.epoch = log->epoch();
    }
    const auto dead_letters = DeadLetters::open(config.dead_letter);
    if (!dead_letters) return fail(kWrongUsage, dead_letters.error().message);

    Telemetry telemetry;
    asio::io_context io(1);
    const auto work = asio::make_work_guard(io);
    const auto outbox = make_outbox(config);
    if (!outbox) return fail(kWrongUsage, outbox.error().message);
    auto sinks = make_sinks(config, io, telemetry, outbox.value().get());
    if (!sinks) return fail(kWrongUsage, sinks.error().message);
    auto opened_sources = make_sources(config, *recognition.value(), telemetry, log.get());
    if (!opened_sources) return fail(kWrongUsage, opened_sources.error().message);
    Sources sources = std::move(opened_sources).value();

    PipelineSettings settings;
    settings.quiet_horizon =
        config.correlation.resolve_after + config.correlation.watch + config.correlation.allowed_lateness + std::chrono::hours{1};
    std::optional<LocalFold> fold;
    std::optional<Pipeline> pipeline;
    std::optional<Nodes> nodes;
    if (nodes_share) {
        nodes.emplace(options.role, config,
                      NodeParts{*dead_letters.value(), telemetry, sources, sinks.value(), settings.quiet_horizon});
    } else {
        fold.emplace(*log, config.correlation, sinks.value(), telemetry, config.signal_log.retention);
        pipeline.emplace(Pipeline::Parts{*log, &*fold, *dead_letters.value(), telemetry, sources, sinks.value()}, settings);
    }

    std::stop_source stop;
    asio::signal_set signals(io, SIGTERM, SIGINT, SIGHUP);
    std::function<void()> wait_for_signal = [&] {
        signals.async_wait([&](const boost::system::error_code& error, int signal) {
            if (error) return;
            if (signal == SIGHUP) {
                spdlog::warn("SIGHUP: reloading is not available in this version; restart instead");
            } else {
                stop.request_stop();
            }
            wait_for_signal();
        });
    };
    wait_for_signal();
    held.release();
    AnnouncedMaintenance maintenance(config.correlation.maintenance);
    std::optional<KafkaWriter> notes_topic;  // the fold's: what it knows of maintenance, for nodes that fold nothing
    if (incidents_topic && options.role != Role::matcher)
        notes_topic.emplace(incidents_topic->brokers, incidents_topic->properties);
    const auto listen_to_notes = [&](const OperatorNote& note) {
        maintenance.add(note);
        if (!notes_topic || note.kind != NoteKind::maintenance) return;
        // Not waited for: a start says all of them again.
        const auto told = notes_topic->produce(incidents_topic->topic, KafkaWriter::kByKey, to_record(note));
        if (!told) spdlog::warn("{}; other nodes' pages do not show the maintenance window", told.error().message);
    };
    if (nodes)
        nodes->on_note(listen_to_notes);
    else
        fold->on_note(listen_to_notes);
    std::optional<HttpServer> server;
    std::unique_ptr<IncidentStore> fed;  // by the feed
    std::optional<IncidentFeed> feed;
    if (config.http) {
        auto store = std::make_unique<IncidentStore>();
        IncidentStore& incidents = *store;
        if (incidents_topic)
            fed = std::move(store);
        else
            sinks.value().push_back(std::move(store));
        server.emplace(io, *config.http,
                       HttpServer::Parts{telemetry, incidents, maintenance,
                                         [&] {
                                             Readiness readiness = nodes ? nodes->readiness() : pipeline->readiness();
                                             if (!feed) return readiness;
                                             const std::string trouble = feed->trouble();
                                             readiness.text += "page: " + (trouble.empty() ? "ok" : trouble) + "\n";
                                             return readiness;
                                         },
                                         [&](OperatorNote note, NoteInbox::Told told) {
                                             if (nodes)
                                                 nodes->submit(std::move(note), std::move(told));
                                             else
                                                 pipeline->submit(std::move(note), std::move(told));
                                         }});
        if (const auto listening = server->listen(); !listening) return fail(kWrongUsage, listening.error().message);
        spdlog::info("http.listen {}: port {}", config.http->listen, server->port());
    }

    if (fed) {
        const auto is_kafka = [](const auto& sink) { return sink->name() == "kafka"; };
        const auto sink = std::ranges::find_if(sinks.value(), is_kafka);
        IncidentFeed::Outdated write_again;
        if (sink != sinks.value().end())
            write_again = [to = sink->get()](const std::vector<IncidentDocument>& documents) { to->offer(documents); };
        feed.emplace(*incidents_topic, *fed, std::move(write_again), [&](const OperatorNote& note) { maintenance.add(note); });
    }
    std::optional<CanarySender> canary;
    if (config.canary && options.role != Role::correlator) canary.emplace(*config.canary, telemetry);
    std::thread network([&] { serve(io); });
    Result<Done> done = Done{};
    bool recovered = true;
    if (nodes) {
        done = nodes->run(stop);
    } else {
        done = pipeline->recover();
        recovered = done.ok();
        if (recovered) done = pipeline->run(stop.get_token());
    }
    canary.reset();
    if (server) server->stop();
    io.stop();
    network.join();
    if (!done) return fail(recovered ? kServerUnreachable : kInputUnreadable, done.error().message);
    return kDone;
}

}  // namespace culprit
