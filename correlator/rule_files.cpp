#include "correlator/rule_files.h"

#include <algorithm>
#include <span>

namespace culprit {

std::span<const EmbeddedFile> embedded_playbooks();
std::span<const EmbeddedFile> embedded_correlation_tables();

namespace {

constexpr std::string_view kPlaybooks = "playbooks/";

}  // namespace

std::string_view rule_table(const CorrelationSettings& settings, std::string_view name) {
    if (const auto own = settings.rules.find(std::string(name)); own != settings.rules.end()) return own->second;
    return std::ranges::find(embedded_correlation_tables(), name, &EmbeddedFile::name)->content;
}

std::vector<EmbeddedFile> playbook_files(const CorrelationSettings& settings) {
    const auto embedded = embedded_playbooks();
    std::vector<EmbeddedFile> files(embedded.begin(), embedded.end());
    for (const auto& [name, content] : settings.rules) {
        if (!name.starts_with(kPlaybooks)) continue;
        const std::string_view own = std::string_view(name).substr(kPlaybooks.size());
        const auto replaced = std::ranges::find(files, own, &EmbeddedFile::name);
        if (replaced == files.end())
            files.push_back({own, content});
        else
            replaced->content = content;
    }
    return files;
}

bool is_rule_file(std::string_view name) {
    if (name.starts_with(kPlaybooks)) return name.ends_with(".yaml");
    const auto tables = embedded_correlation_tables();
    return std::ranges::find(tables, name, &EmbeddedFile::name) != tables.end();
}

}  // namespace culprit
