#include "correlator/rules_fingerprint.h"

#include <xxhash.h>

#include <cstdio>
#include <span>

#include "correlator/rule_files.h"

namespace culprit {

std::span<const EmbeddedFile> embedded_correlation_tables();

std::string rules_fingerprint(const CorrelationSettings& settings) {
    std::string all;
    const auto add = [&](std::string_view text) {
        all += text;
        all += '\0';
    };
    for (const EmbeddedFile& file : embedded_correlation_tables()) add(rule_table(settings, file.name));
    for (const EmbeddedFile& file : playbook_files(settings)) add(file.content);
    for (const Duration duration : {settings.allowed_lateness, settings.resolve_after, settings.remedy_grace, settings.watch})
        add(std::to_string(duration.count()));
    add(std::to_string(settings.min_confidence));
    for (const auto& [service, database] : settings.database_of_service) {
        add(service);
        add(database);
    }
    for (const ActiveUsers& users : settings.active_users) {
        add(users.environment);
        add(users.service);
        add(std::to_string(users.count));
    }
    for (const MaintenanceWindow& window : settings.maintenance) {
        add(window.environment);
        add(window.database);
        add(std::to_string(to_micros(window.from)) + '-' + std::to_string(to_micros(window.until)));
    }
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(XXH3_64bits(all.data(), all.size())));
    return text;
}

}  // namespace culprit
