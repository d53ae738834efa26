<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en_US" sourcelanguage="en_US">
    <context>
        <name>ClassChart</name>
        <message numerus="yes">
            <source>%1: %2 (%Ln query(s))</source>
            <translation>
                <numerusform>%1: %2 (%Ln query)</numerusform>
                <numerusform>%1: %2 (%Ln queries)</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>Commands</name>
        <message numerus="yes">
            <source>%Ln path(s) copied</source>
            <translation>
                <numerusform>%Ln path copied</numerusform>
                <numerusform>%Ln paths copied</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>Counted</name>
        <message numerus="yes">
            <source>%Ln photo(s)</source>
            <translation>
                <numerusform>%Ln photo</numerusform>
                <numerusform>%Ln photos</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln result(s)</source>
            <translation>
                <numerusform>%Ln result</numerusform>
                <numerusform>%Ln results</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>Like %Ln picture(s)</source>
            <translation>
                <numerusform>Like %Ln picture</numerusform>
                <numerusform>Like %Ln pictures</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>Unlike %Ln picture(s)</source>
            <translation>
                <numerusform>Unlike %Ln picture</numerusform>
                <numerusform>Unlike %Ln pictures</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>Looking for photos: %Ln found</source>
            <translation>
                <numerusform>Looking for photos: %Ln found</numerusform>
                <numerusform>Looking for photos: %Ln found</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln second(s)</source>
            <translation>
                <numerusform>%Ln second</numerusform>
                <numerusform>%Ln seconds</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln minute(s)</source>
            <translation>
                <numerusform>%Ln minute</numerusform>
                <numerusform>%Ln minutes</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln hour(s)</source>
            <translation>
                <numerusform>%Ln hour</numerusform>
                <numerusform>%Ln hours</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>EvaluateResults</name>
        <message numerus="yes">
            <source>%Ln query(s)</source>
            <translation>
                <numerusform>%Ln query</numerusform>
                <numerusform>%Ln queries</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln label(s)</source>
            <translation>
                <numerusform>%Ln label</numerusform>
                <numerusform>%Ln labels</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln query(s) left out: no other photo has the label.</source>
            <translation>
                <numerusform>%Ln query left out: no other photo has the label.</numerusform>
                <numerusform>%Ln queries left out: no other photo has the label.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln query(s) without a label.</source>
            <translation>
                <numerusform>%Ln query without a label.</numerusform>
                <numerusform>%Ln queries without a label.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln photo(s) without a label.</source>
            <translation>
                <numerusform>%Ln photo without a label.</numerusform>
                <numerusform>%Ln photos without a label.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln picture(s) could not be read.</source>
            <translation>
                <numerusform>%Ln picture could not be read.</numerusform>
                <numerusform>%Ln pictures could not be read.</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>ExportDialog</name>
        <message numerus="yes">
            <source>%Ln sheet(s)</source>
            <translation>
                <numerusform>%Ln sheet</numerusform>
                <numerusform>%Ln sheets</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln picture(s) could not be read; manifest.json names them.</source>
            <translation>
                <numerusform>%Ln picture could not be read; manifest.json names it.</numerusform>
                <numerusform>%Ln pictures could not be read; manifest.json names them.</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>Mapping</name>
        <message numerus="yes">
            <source>%Ln other folder(s)</source>
            <translation>
                <numerusform>%Ln other folder</numerusform>
                <numerusform>%Ln other folders</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>ScreenExportDialog</name>
        <message numerus="yes">
            <source>%Ln near-identical photo(s), folded, are left out: unfold them first.</source>
            <translation>
                <numerusform>%Ln near-identical photo, folded, is left out: unfold it first.</numerusform>
                <numerusform>%Ln near-identical photos, folded, are left out: unfold them first.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>&amp;All that is shown: %Ln photo(s)</source>
            <translation>
                <numerusform>&amp;All that is shown: %Ln photo</numerusform>
                <numerusform>&amp;All that is shown: %Ln photos</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>Only what is &amp;selected: %Ln photo(s)</source>
            <translation>
                <numerusform>Only what is &amp;selected: %Ln photo</numerusform>
                <numerusform>Only what is &amp;selected: %Ln photos</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>Status</name>
        <message numerus="yes">
            <source>%Ln file(s) skipped</source>
            <translation>
                <numerusform>%Ln file skipped</numerusform>
                <numerusform>%Ln files skipped</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln photo(s) indexed</source>
            <translation>
                <numerusform>%Ln photo indexed</numerusform>
                <numerusform>%Ln photos indexed</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>DuplicatesPage</name>
        <message numerus="yes">
            <source>%Ln pair(s) called no duplicates</source>
            <translation>
                <numerusform>%Ln pair called no duplicate</numerusform>
                <numerusform>%Ln pairs called no duplicates</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln group(s)</source>
            <translation>
                <numerusform>%Ln group</numerusform>
                <numerusform>%Ln groups</numerusform>
            </translation>
        </message>
    </context>
<context>
    <name>SavedSearches</name>
    <message numerus="yes">
        <source>• and %Ln more</source>
        <translation>
            <numerusform>• and %Ln more</numerusform>
            <numerusform>• and %Ln more</numerusform>
        </translation>
    </message>
</context>
</TS>
