#include "daemon/sinks/bulk_request.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace culprit {

std::string monthly_index(std::string_view base, EventTime bucket) {
    const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(bucket)};
    char month[32];
    std::snprintf(month, sizeof month, "-%04d.%02u", static_cast<int>(day.year()), static_cast<unsigned>(day.month()));
    return std::string(base) + month;
}

std::string changes_index(std::string_view incidents) {
    constexpr std::string_view ending = "-incidents";
    if (incidents.ends_with(ending)) incidents.remove_suffix(ending.size());
    return std::string(incidents) + "-changes";
}

BulkRequest bulk_request(const std::vector<IncidentDocument>& documents, std::size_t from, std::string_view index,
                         std::size_t max_bytes) {
    BulkRequest request;
    const std::string changes = changes_index(index);
    for (std::size_t at = from; at < documents.size(); ++at) {
        const IncidentDocument& document = documents[at];
        // A name that is no UTF-8 must not throw here; ids are hashes, so nothing is lost by replacing.
        const std::string action = nlohmann::ordered_json{
            {"index",
             {{"_index", monthly_index(document.kind == DocumentKind::change ? changes : index, document.bucket)},
              {"_id", document.id},
              {"version", document.version},
              {"version_type",
               "external"}}}}.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
        const std::size_t bytes = action.size() + document.json.size() + 2;
        if (request.documents > 0 && request.body.size() + bytes > max_bytes) break;
        request.body.append(action).push_back('\n');
        const std::size_t begin = request.body.size();
        request.body += document.json;
        // A raw line break is white space in JSON and the end of an operation in a bulk.
        std::replace(request.body.begin() + static_cast<std::ptrdiff_t>(begin), request.body.end(), '\n', ' ');
        request.body.push_back('\n');
        ++request.documents;
    }
    return request;
}

}  // namespace culprit
