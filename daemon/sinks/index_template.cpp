#include "daemon/sinks/index_template.h"

#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>

#include "matchers/embedded_file.h"

namespace culprit {

std::span<const EmbeddedFile> embedded_index_templates();  // cmake/embed.cmake, from incident_index_template.json

std::string incident_index_template(std::string_view index) {
    for (const EmbeddedFile& file : embedded_index_templates()) {
        if (file.name != "incident_index_template.json") continue;
        nlohmann::json body = nlohmann::json::parse(file.content);
        body["index_patterns"] = {std::string(index) + "-*"};
        body["template"]["aliases"] = {{std::string(index), nlohmann::json::object()}};
        return body.dump();
    }
    throw std::logic_error("incident_index_template.json is not embedded");
}

}  // namespace culprit
