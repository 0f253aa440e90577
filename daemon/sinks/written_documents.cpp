#include "daemon/sinks/written_documents.h"

#include <xxhash.h>

#include <nlohmann/json.hpp>

namespace culprit {

namespace {

/// As the correlator writes documents: without parsing them, which a start that reads many cannot wait for. Only a name of the
/// document itself can stand there: within a string its quotes would be escaped.
std::optional<WrittenDocuments::Content> content_at_a_glance(std::string_view json) {
    constexpr std::string_view kBegin = R"("culprit":{"id":")", kVersion = R"(","version":)";
    const std::size_t begin = json.find(kBegin);
    if (begin == json.npos || json.front() != '{' || json.back() != '}') return {};
    const std::string_view rest = json.substr(begin + kBegin.size());
    const std::size_t end = rest.find('"');
    if (end == rest.npos || rest.substr(0, end).find('\\') != rest.npos || !rest.substr(end).starts_with(kVersion)) return {};
    const std::string_view behind = rest.substr(std::min(rest.find_first_of(",}", end + kVersion.size()), rest.size()));
    const std::string_view before = json.substr(0, begin + kBegin.size() + end);
    WrittenDocuments::Content content{std::string(rest.substr(0, end)), 0};
    content.hash = XXH3_64bits_withSeed(behind.data(), behind.size(), XXH3_64bits(before.data(), before.size()));
    return content;
}

}  // namespace

std::optional<WrittenDocuments::Content> WrittenDocuments::content_of(std::string_view json) {
    if (json.empty()) return std::nullopt;
    if (auto content = content_at_a_glance(json)) return content;
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
