#pragma once
// Incidents → HTML. Pure. Everything from a document is escaped by the templates; there is no script, and one style sheet.
#include <span>
#include <string>
#include <vector>

#include "daemon/web/incident_store.h"
#include "matchers/embedded_file.h"

namespace culprit {

std::span<const EmbeddedFile> embedded_web_pages();  // cmake/embed.cmake, from web/templates/

std::string incidents_page(const std::vector<IncidentStore::Incident>& incidents);
std::string incident_page(const IncidentDocument& incident);
/// A heading and a sentence: for what is not there.
std::string message_page(const std::string& title, const std::string& sentence);
std::string_view style_sheet();

}  // namespace culprit
