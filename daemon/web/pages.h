#pragma once
// The daemon's state → HTML. Pure. Everything from a document is escaped by the templates; scripts and styles are files of the
// daemon's own (web_assets.h), and every page can be read without a script.
#include <span>
#include <string>
#include <vector>

#include "daemon/web/announced_maintenance.h"
#include "daemon/web/incident_query.h"
#include "daemon/web/incident_store.h"
#include "daemon/web/pipeline_history.h"
#include "daemon/web/settings.h"
#include "matchers/embedded_file.h"

namespace culprit {

/// What `/` shows: the incidents that fit its query, or what is wrong with it. `planned`: see maintenance_now.
std::string incidents_page(const std::vector<IncidentStore::Incident>& all, const UrlQuery& query,
                           const std::vector<std::string>& planned = {});
/// `all`: for the titles of related ones. `links`: those that every incident has.
std::string incident_page(const KeptIncident& incident, const IncidentStore& all, const std::vector<PageLink>& links = {});
/// The changes, each with its watch, its verdict and its warnings.
std::string changes_page(const IncidentStore& all, const UrlQuery& query);
/// The windows of now and of the time to come, with a button each to end it. `host`: what this server was called.
std::string maintenance_page(const AnnouncedMaintenance& maintenance, EventTime now, const std::string& host);
/// `production, database shop until 2026-02-01 02:15:00`, of each window that is open.
std::vector<std::string> maintenance_now(const AnnouncedMaintenance& maintenance, EventTime now);
/// Lag, rates, delays, dead letters and limits.
std::string pipeline_page(const std::vector<Telemetry::Value>& values, const PipelineHistory& history,
                          const Readiness& readiness);
/// A heading and a sentence: for what is not there.
std::string message_page(const std::string& title, const std::string& sentence);

}  // namespace culprit
