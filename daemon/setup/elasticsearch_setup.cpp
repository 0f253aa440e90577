#include "daemon/setup/elasticsearch_setup.h"

#include "daemon/sinks/bulk_request.h"
#include "daemon/sinks/bulk_response.h"
#include "daemon/sinks/index_template.h"
#include "daemon/words/json_fields.h"

namespace culprit {
namespace {

using Json = nlohmann::json;
using Said = std::function<void(const std::string&)>;

constexpr std::chrono::days kLongestMonth{31};

/// One server on its way to be as it should. The first answer that nothing can be done about ends it.
class Setup {
   public:
    Setup(const Ask& server, const ElasticsearchSettings& settings, const Said& said)
        : server_(server), settings_(settings), said_(said), policy_(settings.index) {}

    Result<Done> run() {
        if (const auto done = find_lifecycle(); !done) return done;
        if (const auto done = put_policy(); !done) return done;
        const std::string changes = changes_index(settings_.index);
        if (const auto done = put_template(settings_.index, incident_index_template(settings_.index)); !done) return done;
        return put_template(changes, change_index_template(changes));
    }

   private:
    /// By what the server answers, not by its version: distributions differ in what they hold.
    Result<Done> find_lifecycle() {
        const auto ilm = get("/_ilm/status");
        if (!ilm) return ilm.error();
        if (ilm.value().status == 200) return have(Lifecycle::ilm);
        const auto ism = get(ism_policy());
        if (!ism) return ism.error();
        if (ism.value().status == 200 || ism.value().status == 404) return have(Lifecycle::ism);
        // What knows neither says that the address or the method is wrong. Anything else may pass, or is a matter of rights.
        for (const HttpResponse& each : {ilm.value(), ism.value()})
            if (each.status != 400 && each.status != 405) return refused("GET", "/_ilm/status", each);
        said_("no deletion by age: this server has neither ILM nor ISM; delete " + settings_.index + "-* older than " +
              deleted_after(settings_.retention) + " yourself");
        return Done{};
    }
    Result<Done> have(Lifecycle lifecycle) {
        lifecycle_ = lifecycle;
        return Done{};
    }

    Result<Done> put_policy() {
        if (lifecycle_ == Lifecycle::none) return Done{};
        const bool ilm = lifecycle_ == Lifecycle::ilm;
        const std::string target = ilm ? "/_ilm/policy/" + policy_ : ism_policy();
        const Json wanted = lifecycle_policy(lifecycle_, settings_.index, settings_.retention);
        const auto standing = get(target);
        if (!standing) return standing.error();
        const Json answer = standing.value().status == 200 ? json_of(standing.value()) : Json();
        const std::string what = std::string(ilm ? "ILM" : "ISM") + " policy " + policy_ + ": indices are deleted after " +
                                 deleted_after(settings_.retention);
        if (holds(ilm ? field(answer, policy_) : answer, wanted)) return stands(what);
        // Of ISM's policies only the one that was read may be replaced.
        const std::string seen = ilm || answer.is_null() ? ""
                                                         : "?if_seq_no=" + raw_text_of(answer, "_seq_no") +
                                                               "&if_primary_term=" + raw_text_of(answer, "_primary_term");
        return send("PUT", target + seen, wanted, what);
    }

    Result<Done> put_template(const std::string& index, Json wanted) {
        if (lifecycle_ == Lifecycle::ilm) wanted["template"]["settings"]["index"]["lifecycle"] = {{"name", policy_}};
        const std::string target = "/_index_template/" + index;
        const auto standing = get(target);
        if (!standing) return standing.error();
        const std::string what = "index template " + index + ": " + index + "-*, read through the alias " + index;
        const auto update = template_update(wanted, standing.value().status == 200 ? json_of(standing.value()) : Json());
        const auto done = update ? send("PUT", target, *update, what) : stands(what);
        return done ? update_indices(index, wanted["template"]["mappings"]) : done;
    }

    /// A template is for indices to come. Those that are there learn fields that are new in it, and get the policy.
    Result<Done> update_indices(const std::string& index, const Json& mappings) {
        const auto standing = get("/" + index + "-*/_mapping");
        if (!standing) return standing.error();
        if (standing.value().status != 200) return refused("GET", "/" + index + "-*/_mapping", standing.value());
        const Json indices = json_of(standing.value());
        const std::string changes = changes_index(settings_.index);
        for (const auto& [name, mapped] : indices.items()) {
            if (index != changes && name.starts_with(changes + "-")) continue;  // its name begins like an incidents' index
            if (!holds(field(mapped, "mappings"), mappings))
                if (const auto done = send("PUT", "/" + name + "/_mapping", mappings, "fields of " + name); !done) return done;
            const auto done = lifecycle_ == Lifecycle::ilm   ? add_to_ilm(name)
                              : lifecycle_ == Lifecycle::ism ? add_to_ism(name)
                                                             : Result<Done>(Done{});
            if (!done) return done;
        }
        return Done{};
    }
    Result<Done> add_to_ilm(const std::string& index) {
        const auto settings = get("/" + index + "/_settings/index.lifecycle.name");
        if (!settings) return settings.error();
        const Json answer = json_of(settings.value());
        if (!field(field(answer, index), "settings").empty()) return Done{};  // ours, or the operator's own
        return send("PUT", "/" + index + "/_settings", {{"index", {{"lifecycle", {{"name", policy_}}}}}}, "policy of " + index);
    }
    Result<Done> add_to_ism(const std::string& index) {
        const auto explained = get("/_plugins/_ism/explain/" + index);
        if (!explained) return explained.error();
        const Json answer = json_of(explained.value());
        const Json& policy = field(field(answer, index), "index.plugins.index_state_management.policy_id");
        if (policy.is_string()) return Done{};
        return send("POST", "/_plugins/_ism/add/" + index, {{"policy_id", policy_}}, "policy of " + index);
    }

    std::string ism_policy() const { return "/_plugins/_ism/policies/" + policy_; }

    Result<HttpResponse> get(const std::string& target) {
        HttpRequest request;
        request.method = "GET";
        request.target = target;
        return server_(request);
    }
    Result<Done> send(const char* method, const std::string& target, const Json& body, const std::string& what) {
        HttpRequest request;
        request.method = method;
        request.target = target;
        request.body = body.dump();
        const auto response = server_(request);
        if (!response) return response.error();
        // ISM answers 200, and says in the body which indices it did not take.
        if (response.value().status / 100 != 2 || field(json_of(response.value()), "failures") == true)
            return refused(method, target, response.value());
        said_("installed " + what);
        return Done{};
    }
    Result<Done> stands(const std::string& what) {
        said_("unchanged " + what);
        return Done{};
    }
    static Error refused(const std::string& method, const std::string& target, const HttpResponse& response) {
        return Error{"elasticsearch answers " + std::to_string(response.status) + " to " + method + " " + target + ": " +
                     error_reason(response.body)};
    }

    const Ask& server_;
    const ElasticsearchSettings& settings_;
    const Said& said_;
    const std::string policy_;  // its name
    Lifecycle lifecycle_ = Lifecycle::none;
};

}  // namespace

std::string deleted_after(Duration retention) {
    return std::to_string(std::chrono::ceil<std::chrono::days>(retention + kLongestMonth).count()) + "d";
}

Json lifecycle_policy(Lifecycle lifecycle, const std::string& incidents, Duration retention) {
    const std::string age = deleted_after(retention);
    Json policy;
    if (lifecycle == Lifecycle::ilm) {
        Json& last = policy["policy"]["phases"]["delete"];
        last["min_age"] = age;
        last["actions"]["delete"]["delete_searchable_snapshot"] = true;
        return policy;
    }
    Json kept = Json::parse(R"({"name": "kept", "actions": [], "transitions": [{"state_name": "deleted"}]})");
    kept["transitions"][0]["conditions"]["min_index_age"] = age;
    Json& body = policy["policy"];
    body["description"] = "culprit's incidents and changes, deleted by age";
    body["default_state"] = "kept";
    body["states"] = Json::array({kept, Json::parse(R"({"name": "deleted", "actions": [{"delete": {}}], "transitions": []})")});
    body["ism_template"] = Json::parse(R"([{"priority": 200}])");
    body["ism_template"][0]["index_patterns"] = Json::array({incidents + "-*", changes_index(incidents) + "-*"});
    return policy;
}

Result<Done> set_elasticsearch_up(const Ask& server, const ElasticsearchSettings& settings, const Said& said) {
    return Setup(server, settings, said).run();
}

Ask only_told(std::function<void(const HttpRequest&)> told, Ask server) {
    return [told = std::move(told), server = std::move(server)](const HttpRequest& request) -> Result<HttpResponse> {
        if (request.method == "GET") return server(request);
        told(request);
        return HttpResponse{200, R"({"acknowledged":true})"};
    };
}

Ask nothing_there_yet() {
    return [](const HttpRequest& request) -> Result<HttpResponse> {
        if (request.target == "/_ilm/status") return HttpResponse{200, R"({"operation_mode":"RUNNING"})"};
        if (request.target.ends_with("/_mapping")) return HttpResponse{200, "{}"};
        return HttpResponse{404, "{}"};
    };
}

}  // namespace culprit
