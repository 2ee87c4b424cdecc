// The first page: what to do, in words, and the key figures.

#include <algorithm>
#include <cmath>

#include "perfkit/core/report/chart.hpp"
#include "sections.hpp"

namespace perfkit::report {

namespace {

constexpr std::size_t most_findings = 3;

bool is_bad(const Check& check) { return check.status == "warn" || check.status == "critical"; }

std::string sentence(std::string text) {
    if (!text.empty() && text.back() != '.') text += '.';
    return text;
}

void from_health(const Report& report, std::vector<Finding>& findings) {
    for (const Check& check : report.health.rows) {
        if (!is_bad(check)) continue;
        std::string why = sentence(one_line(check.meaning, 300));
        if (!check.objects.empty()) why += " Here: " + one_line(check.objects.front(), 160) + ".";

        findings.push_back({check.status == "critical" ? 100 : 40,
                            title_of(check) + ": " + value_of(check, check.value), why,
                            one_line(check.recommendation, 400), "#" + anchor("check", check.name)});
    }
}

void from_advice(const Report& report, std::vector<Finding>& findings) {
    double saved = 0, bytes = 0, dropped = 0;
    int creates = 0, drops = 0;
    for (const Advice& advice : report.advice.rows) {
        if (advice.action == "create") {
            ++creates;
            saved += advice.saved_ms_per_hour.value_or(0);
            bytes += advice.bytes.value_or(0);
        } else {
            ++drops;
            dropped += advice.bytes.value_or(0);
        }
    }
    if (creates > 0) {
        std::string why = "The planner would use " + std::string(creates == 1 ? "it" : "them");
        if (saved > 0) why += ", which saves " + number_text(saved, Unit::milliseconds) + " of execution time an hour";
        why += " and takes " + number_text(bytes, Unit::bytes) + " of disk.";
        findings.push_back(
            {80, "Create " + plural(creates, "index", "indexes") + " that the workload lacks.", why, "", "#indexes"});
    }
    if (drops > 0)
        findings.push_back({30, "Drop " + plural(drops, "index", "indexes") + " that can be spared.",
                            std::string(drops == 1 ? "It takes " : "They take ") + number_text(dropped, Unit::bytes) +
                                ", and each write has to keep " + (drops == 1 ? "it" : "them") + " up.",
                            "", "#indexes"});
    for (const Applied& applied : report.applied.rows) {
        if (applied.verdict != "worse" && applied.verdict != "no gain") continue;
        findings.push_back(
            {applied.verdict == "worse" ? 90 : 35,
             "Undo the change of the index " + one_line(applied.index, 80) + ": " + applied.verdict + ".",
             sentence(one_line(applied.reason, 300)), applied.statement, "#applied"});
    }
}

void from_storage(const Report& report, std::vector<Finding>& findings) {
    double wasted = 0;
    int number = 0;
    std::string first, run;
    for (const Relation& relation : report.storage.rows) {
        if (relation.grade != "high" || relation.recommendation.empty()) continue;
        ++number;
        wasted += relation.wasted.value_or(0);
        if (first.empty()) first = relation.name, run = relation.recommendation;
    }
    // Below a tenth of a gigabyte it is no thing to do first.
    if (number == 0) return;
    findings.push_back({wasted > 100e6 ? 60 : 20,
                        "Rewrite " + plural(number, "relation", "relations") + " to get back " +
                            number_text(wasted, Unit::bytes) + ".",
                        "More than half of their pages is bloat, first of all of " + one_line(first, 130) + ".", run,
                        "#storage"});
}

void from_changes(const Report& report, std::vector<Finding>& findings) {
    for (const Change& change : report.changes.rows) {
        // What is slower by a little only is listed, but nothing to be done; nor is what a few slow calls are.
        const double all = std::max(report.changes.took_ms.value_or(0), 1.0);
        if (change.verdict != "slower" || !change.speed_ms || *change.speed_ms < 0.05 * all) continue;
        if (change.mean_after_ms.value_or(0) < 1.2 * change.mean_before_ms.value_or(0)) continue;
        findings.push_back({85, "Look at a statement that has become slower.",
                            "A call takes " + number_text(change.mean_after_ms, Unit::milliseconds) + ", before " +
                                number_text(change.mean_before_ms, Unit::milliseconds) + "; its calls took " +
                                number_text(change.speed_ms, Unit::milliseconds) + " more for it.",
                            change.text, "#changes"});
        return;
    }
}

std::string judged(const Report& report) {
    const auto skipped = std::count_if(report.health.rows.begin(), report.health.rows.end(),
                                       [](const Check& check) { return check.status == "skipped"; });
    if (report.health.rows.empty()) return "The health checks could not run.";
    const auto all = static_cast<double>(report.health.rows.size());
    std::string text = "Of " + plural(all, "check", "checks") + " none complains";
    if (skipped > 0) text += ", but " + number_text(static_cast<double>(skipped), Unit::count) + " could judge nothing";
    return text + ".";
}

void headline_of_changes(Html& html, const Report& report) {
    const Changes& changes = report.changes;
    if (!report.before || changes.rows.empty()) return;
    const Number took = changes.took_ms, otherwise = changes.would_have_taken_ms;
    std::string text;
    if (took && otherwise && *took > 0 && *otherwise > 0) {
        text = "The calls of the second window took " + number_text(took, Unit::milliseconds) +
               "; at the mean times of the first they would have taken " + number_text(otherwise, Unit::milliseconds);
        const double ratio = *otherwise / *took;
        if (ratio > 1.05)
            text += ": they were " + number_text(ratio, Unit::sessions) + " times as fast. ";
        else if (ratio < 0.95)
            text += ": they took " + number_text(1 / ratio, Unit::sessions) + " times as long. ";
        else
            text += ", about the same. ";
    }
    text += plural(static_cast<double>(changes.faster), "statement is", "statements are") + " faster, " +
            number_text(static_cast<double>(changes.slower), Unit::count) + " slower, " +
            number_text(static_cast<double>(changes.same), Unit::count) + " the same, " +
            number_text(static_cast<double>(changes.fresh), Unit::count) + " new, " +
            number_text(static_cast<double>(changes.gone), Unit::count) + " gone.";
    html.element("p", {}, [&] {
        html.leaf("strong", {}, "What changed. ").text(text + " ");
        html.leaf("a", {{"href", "#changes"}}, "Statement by statement");
    });
}

void to_do(Html& html, const std::vector<Finding>& findings, const Report& report) {
    const std::size_t shown = std::min(findings.size(), most_findings);
    html.leaf("h2", {{"id", "summary"}},
              findings.empty() ? "Nothing to do"
                               : plural(static_cast<double>(shown), "thing to do", "things to do") +
                                     (findings.size() > shown ? " first" : ""));
    headline_of_changes(html, report);
    if (findings.empty()) {
        html.leaf("p", {}, judged(report));
        return;
    }
    html.element("ol", {{"class", "todo"}}, [&] {
        for (std::size_t i = 0; i < shown; ++i) {
            const Finding& finding = findings[i];
            html.element("li", {}, [&] {
                html.leaf("b", {}, finding.what);
                html.text(finding.why + " ");
                html.leaf("a", {{"href", finding.link}}, "Details");
                if (!finding.run.empty()) html.element("div", {}, [&] { what_to_do(html, finding.run); });
            });
        }
    });
    if (findings.size() > shown)
        html.element("details", {}, [&] {
            html.leaf("summary", {},
                      plural(static_cast<double>(findings.size() - shown), "further thing", "further things"));
            html.element("ul", {}, [&] {
                for (std::size_t i = shown; i < findings.size(); ++i)
                    html.element("li", {}, [&] {
                        html.text(findings[i].what + " ");
                        html.leaf("a", {{"href", findings[i].link}}, "Details");
                    });
            });
        });
}

void key_figures(Html& html, const Report& report) {
    bool any = false;
    for (const Measure& measure : report.measures.rows) any = any || (!measure.headline.empty() && measure.value);
    if (!any) return;
    html.element("dl", {{"class", "tiles"}}, [&] {
        for (const Measure& measure : report.measures.rows) {
            if (measure.headline.empty() || !measure.value) continue;
            html.element("div", {}, [&] {
                html.leaf("dt", {}, measure.headline);
                html.element("dd", {}, [&] {
                    html.leaf("span", {{"class", "big"}}, number_text(measure.value, measure.unit));
                    if (measure.before) {
                        const std::string change = change_text(measure.before, measure.value);
                        html.leaf("span", {{"class", "sub"}},
                                  "before " + number_text(measure.before, measure.unit) +
                                      (change.empty() ? "" : ", " + change));
                    }
                    sparkline(html, measure.course, measure.headline + " over the window");
                });
            });
        }
    });
}

}  // namespace

std::vector<Finding> findings_of(const Report& report) {
    std::vector<Finding> findings;
    from_health(report, findings);
    from_advice(report, findings);
    from_storage(report, findings);
    from_changes(report, findings);
    std::stable_sort(findings.begin(), findings.end(),
                     [](const Finding& a, const Finding& b) { return a.urgency > b.urgency; });
    return findings;
}

void summary_section(Html& html, const Report& report) {
    html.element("section", {}, [&] {
        to_do(html, findings_of(report), report);
        key_figures(html, report);
        if (!report.measures.missing.empty()) missing(html, report.measures.missing);
    });
}

}  // namespace perfkit::report
