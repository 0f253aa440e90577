#include "daemon/sinks/written_documents.h"

#include <xxhash.h>

#include <nlohmann/json.hpp>

namespace culprit {

std::optional<WrittenDocuments::Content> WrittenDocuments::content_of(std::string_view json) {
    nlohmann::json document = nlohmann::json::parse(json, nullptr, false);
    if (!document.is_object()) return std::nullopt;
    const auto culprit = document.find("culprit");
    if (culprit == document.end() || !culprit->is_object()) return std::nullopt;
    const auto id = culprit->find("id");
    if (id == culprit->end() || !id->is_string()) return std::nullopt;
    Content content{id->get<std::string>(), 0};
    culprit->erase("version");
    const std::string rest = document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    content.hash = XXH3_64bits(rest.data(), rest.size());
    return content;
}

void WrittenDocuments::remember(const Content& content) {
    const auto [place, inserted] = hashes_.insert_or_assign(content.id, content.hash);
    if (!inserted) return;
    order_.push_back(content.id);
    if (order_.size() <= limit_) return;
    hashes_.erase(order_.front());
    order_.pop_front();
}

bool WrittenDocuments::holds(const Content& content) const {
    const auto found = hashes_.find(content.id);
    return found != hashes_.end() && found->second == content.hash;
}

}  // namespace culprit
