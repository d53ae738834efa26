<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE" sourcelanguage="en_US">
    <context>
        <name>AboutDialog</name>
        <message>
            <source>About Semblance</source>
            <translation>Über Semblance</translation>
        </message>
        <message>
            <source>Semblance shows which of your photos are alike.
Everything is computed on this computer; your photos are never changed and never leave it.</source>
            <translation>Semblance zeigt, welche Ihrer Fotos sich ähneln.
Alles wird auf diesem Rechner berechnet; Ihre Fotos werden nie verändert und verlassen ihn nie.</translation>
        </message>
        <message>
            <source>Copy</source>
            <translation>Kopieren</translation>
        </message>
    </context>
    <context>
        <name>Actions</name>
        <message>
            <source>&amp;Library</source>
            <translation>&amp;Bibliothek</translation>
        </message>
        <message>
            <source>&amp;Open folder…</source>
            <translation>&amp;Ordner öffnen …</translation>
        </message>
        <message>
            <source>Open &amp;recent</source>
            <translation>&amp;Zuletzt geöffnet</translation>
        </message>
        <message>
            <source>&amp;Look for changes</source>
            <translation>Nach &amp;Änderungen sehen</translation>
        </message>
        <message>
            <source>&amp;Stop indexing</source>
            <translation>&amp;Indizieren anhalten</translation>
        </message>
        <message>
            <source>S&amp;kipped files…</source>
            <translation>Über&amp;sprungene Dateien …</translation>
        </message>
        <message>
            <source>&amp;Preferences…</source>
            <translation>&amp;Einstellungen …</translation>
        </message>
        <message>
            <source>&amp;Quit</source>
            <translation>&amp;Beenden</translation>
        </message>
        <message>
            <source>&amp;Search</source>
            <translation>&amp;Suche</translation>
        </message>
        <message>
            <source>&amp;Find similar</source>
            <translation>Ä&amp;hnliche suchen</translation>
        </message>
        <message>
            <source>Mark: &amp;like this</source>
            <translation>Markieren: &amp;wie dieses</translation>
        </message>
        <message>
            <source>Mark: n&amp;ot this</source>
            <translation>Markieren: nicht diese&amp;s</translation>
        </message>
        <message>
            <source>Forget all mar&amp;ks</source>
            <translation>Alle Mar&amp;kierungen verwerfen</translation>
        </message>
        <message>
            <source>Open &amp;image…</source>
            <translation>&amp;Bild öffnen …</translation>
        </message>
        <message>
            <source>&amp;Paste picture</source>
            <translation>Bild &amp;einfügen</translation>
        </message>
        <message>
            <source>&amp;Back</source>
            <translation>&amp;Zurück</translation>
        </message>
        <message>
            <source>For&amp;ward</source>
            <translation>&amp;Vorwärts</translation>
        </message>
        <message>
            <source>&amp;History…</source>
            <translation>Ver&amp;lauf …</translation>
        </message>
        <message>
            <source>Whole lib&amp;rary</source>
            <translation>&amp;Ganze Bibliothek</translation>
        </message>
        <message>
            <source>Filter by &amp;name</source>
            <translation>Nach &amp;Namen filtern</translation>
        </message>
        <message>
            <source>E&amp;xport these results…</source>
            <translation>Diese &amp;Treffer exportieren …</translation>
        </message>
        <message>
            <source>Export &amp;many searches…</source>
            <translation>&amp;Mehrere Suchen exportieren …</translation>
        </message>
        <message>
            <source>Find &amp;duplicates…</source>
            <translation>Fast gleiche &amp;Fotos finden …</translation>
        </message>
        <message>
            <source>&amp;Evaluate models…</source>
            <translation>Mo&amp;delle bewerten …</translation>
        </message>
        <message>
            <source>Models side by side…</source>
            <translation>Modelle nebeneinander …</translation>
        </message>
        <message>
            <source>Make &amp;your own model…</source>
            <translation>E&amp;igenes Modell machen …</translation>
        </message>
        <message>
            <source>&amp;Photo</source>
            <translation>&amp;Foto</translation>
        </message>
        <message>
            <source>&amp;View large</source>
            <translation>&amp;Groß ansehen</translation>
        </message>
        <message>
            <source>&amp;Compare with the query</source>
            <translation>Mit der Vorlage &amp;vergleichen</translation>
        </message>
        <message>
            <source>&amp;Open in another program</source>
            <translation>In anderem Programm &amp;öffnen</translation>
        </message>
        <message>
            <source>&amp;Show in folder</source>
            <translation>Im &amp;Ordner zeigen</translation>
        </message>
        <message>
            <source>Copy &amp;path</source>
            <translation>&amp;Pfad kopieren</translation>
        </message>
        <message>
            <source>Copy i&amp;mage</source>
            <translation>&amp;Bild kopieren</translation>
        </message>
        <message>
            <source>Select &amp;all</source>
            <translation>&amp;Alle auswählen</translation>
        </message>
        <message>
            <source>Select &amp;none</source>
            <translation>Auswahl auf&amp;heben</translation>
        </message>
        <message>
            <source>&amp;Invert selection</source>
            <translation>Auswahl &amp;umkehren</translation>
        </message>
        <message>
            <source>&amp;View</source>
            <translation>&amp;Ansicht</translation>
        </message>
        <message>
            <source>&amp;Search panel</source>
            <translation>&amp;Suchleiste</translation>
        </message>
        <message>
            <source>&amp;Details</source>
            <translation>&amp;Einzelheiten</translation>
        </message>
        <message>
            <source>&amp;Rank and distance on the photos</source>
            <translation>&amp;Rang und Abstand auf den Fotos</translation>
        </message>
        <message>
            <source>&amp;Unfold the stack, fold it again</source>
            <translation>Stapel a&amp;uf- oder zuklappen</translation>
        </message>
        <message>
            <source>Fold &amp;near-identical results</source>
            <translation>Fast gleiche Treffer stape&amp;ln</translation>
        </message>
        <message>
            <source>&amp;Larger photos</source>
            <translation>&amp;Größere Fotos</translation>
        </message>
        <message>
            <source>S&amp;maller photos</source>
            <translation>&amp;Kleinere Fotos</translation>
        </message>
        <message>
            <source>&amp;Full screen</source>
            <translation>&amp;Vollbild</translation>
        </message>
        <message>
            <source>Colours of the s&amp;ystem</source>
            <translation>Farben des S&amp;ystems</translation>
        </message>
        <message>
            <source>L&amp;ight</source>
            <translation>&amp;Hell</translation>
        </message>
        <message>
            <source>D&amp;ark</source>
            <translation>&amp;Dunkel</translation>
        </message>
        <message>
            <source>&amp;Help</source>
            <translation>&amp;Hilfe</translation>
        </message>
        <message>
            <source>&amp;Shortcuts</source>
            <translation>&amp;Tastenkürzel</translation>
        </message>
        <message>
            <source>&amp;About Semblance</source>
            <translation>Ü&amp;ber Semblance</translation>
        </message>
        <message>
            <source>Photos</source>
            <translation>Fotos</translation>
        </message>
        <message>
            <source>Viewer and comparison</source>
            <translation>Betrachter und Vergleich</translation>
        </message>
        <message>
            <source>Query picture</source>
            <translation>Vorlage</translation>
        </message>
        <message>
            <source>Distance limit</source>
            <translation>Grenze des Abstands</translation>
        </message>
        <message>
            <source>Duplicates</source>
            <translation>Fast gleiche Fotos</translation>
        </message>
        <message>
            <source>Make the photo the query</source>
            <translation>Foto zur Vorlage machen</translation>
        </message>
        <message>
            <source>Click</source>
            <translation>Klick</translation>
        </message>
        <message>
            <source>Select one more; a range</source>
            <translation>Eines mehr wählen; einen Bereich</translation>
        </message>
        <message>
            <source>Ctrl+Click, Shift+Click</source>
            <translation>Strg+Klick, Umschalt+Klick</translation>
        </message>
        <message>
            <source>Move</source>
            <translation>Bewegen</translation>
        </message>
        <message>
            <source>Arrows, Page Up, Page Down, Home, End</source>
            <translation>Pfeile, Bild auf, Bild ab, Pos1, Ende</translation>
        </message>
        <message>
            <source>Open the viewer</source>
            <translation>Betrachter öffnen</translation>
        </message>
        <message>
            <source>Double click, Space, Enter</source>
            <translation>Doppelklick, Leertaste, Eingabe</translation>
        </message>
        <message>
            <source>Size of the photos</source>
            <translation>Größe der Fotos</translation>
        </message>
        <message>
            <source>Ctrl+Wheel</source>
            <translation>Strg+Mausrad</translation>
        </message>
        <message>
            <source>Next, previous</source>
            <translation>Nächstes, voriges</translation>
        </message>
        <message>
            <source>Right, Left</source>
            <translation>Rechts, Links</translation>
        </message>
        <message>
            <source>Zoom in, out</source>
            <translation>Vergrößern, verkleinern</translation>
        </message>
        <message>
            <source>Fit to the window; one to one</source>
            <translation>An das Fenster anpassen; eins zu eins</translation>
        </message>
        <message>
            <source>Full screen</source>
            <translation>Vollbild</translation>
        </message>
        <message>
            <source>Flick between query and photo</source>
            <translation>Zwischen Vorlage und Foto wechseln</translation>
        </message>
        <message>
            <source>Tab</source>
            <translation>Tab</translation>
        </message>
        <message>
            <source>Show why they match</source>
            <translation>Zeigen, warum sie sich ähneln</translation>
        </message>
        <message>
            <source>Close</source>
            <translation>Schließen</translation>
        </message>
        <message>
            <source>Compare two of a group</source>
            <translation>Zwei einer Gruppe vergleichen</translation>
        </message>
        <message>
            <source>Not a duplicate; take it back</source>
            <translation>Nicht dasselbe Bild; zurücknehmen</translation>
        </message>
        <message>
            <source>N; Ctrl+Z</source>
            <translation>N; Strg+Z</translation>
        </message>
        <message>
            <source>Click, or S</source>
            <translation>Klick oder S</translation>
        </message>
        <message>
            <source>Export the groups</source>
            <translation>Die Gruppen exportieren</translation>
        </message>
        <message>
            <source>Ctrl+S</source>
            <translation>Strg+S</translation>
        </message>
        <message>
            <source>Move the limit</source>
            <translation>Grenze verschieben</translation>
        </message>
        <message>
            <source>Arrows, Page Up, Page Down</source>
            <translation>Pfeile, Bild auf, Bild ab</translation>
        </message>
        <message>
            <source>Remove the limit</source>
            <translation>Grenze entfernen</translation>
        </message>
        <message>
            <source>Delete</source>
            <translation>Entf</translation>
        </message>
        <message>
            <source>Search with a part of the picture</source>
            <translation>Mit einem Ausschnitt suchen</translation>
        </message>
        <message>
            <source>Drag a rectangle, or R</source>
            <translation>Rechteck ziehen, oder R</translation>
        </message>
        <message>
            <source>Move, resize the rectangle</source>
            <translation>Rechteck bewegen, vergrößern</translation>
        </message>
        <message>
            <source>Arrows, Shift+Arrows</source>
            <translation>Pfeile, Umschalt+Pfeile</translation>
        </message>
        <message>
            <source>Search; give up the rectangle</source>
            <translation>Suchen; Rechteck verwerfen</translation>
        </message>
        <message>
            <source>Enter; Esc</source>
            <translation>Eingabe; Esc</translation>
        </message>
        <message>
            <source>Map of all &amp;photos</source>
            <translation>Karte aller &amp;Fotos</translation>
        </message>
        <message>
            <source>Map</source>
            <translation>Karte</translation>
        </message>
        <message>
            <source>Search with the photo</source>
            <translation>Mit dem Foto suchen</translation>
        </message>
        <message>
            <source>Click, Enter</source>
            <translation>Klick, Eingabe</translation>
        </message>
        <message>
            <source>Go to the photo beside it</source>
            <translation>Zum Foto daneben gehen</translation>
        </message>
        <message>
            <source>Arrows</source>
            <translation>Pfeile</translation>
        </message>
        <message>
            <source>Double click, Space</source>
            <translation>Doppelklick, Leertaste</translation>
        </message>
        <message>
            <source>Move the map</source>
            <translation>Karte verschieben</translation>
        </message>
        <message>
            <source>Drag, Shift+Arrows</source>
            <translation>Ziehen, Umschalt+Pfeile</translation>
        </message>
        <message>
            <source>Wheel, +, −</source>
            <translation>Mausrad, +, −</translation>
        </message>
        <message>
            <source>Show all photos</source>
            <translation>Alle Fotos zeigen</translation>
        </message>
        <message>
            <source>What the model &amp;sees…</source>
            <translation>W&amp;as das Modell bemerkt …</translation>
        </message>
    <message>
        <source>Sa&amp;ve this search…</source>
        <translation>Diese Suche s&amp;peichern …</translation>
    </message>
    <message>
        <source>Saved sear&amp;ches…</source>
        <translation>Gespei&amp;cherte Suchen …</translation>
    </message>
    </context>
    <context>
        <name>AdaptDialog</name>
        <message>
            <source>Make your own model</source>
            <translation>Ein eigenes Modell machen</translation>
        </message>
        <message>
            <source>&amp;Learn</source>
            <translation>&amp;Lernen</translation>
        </message>
        <message>
            <source>Learns from your sub-folders what makes photos belong together, and measures on photos that it left out whether it then finds photos of one folder better. It takes seconds.</source>
            <translation>Lernt aus Ihren Unterordnern, was Fotos zusammengehören lässt, und misst an ausgelassenen Fotos, ob es Fotos eines Ordners dann besser findet. Das dauert Sekunden.</translation>
        </message>
        <message>
            <source>&amp;Keep it all the same</source>
            <translation>Trotzdem &amp;behalten</translation>
        </message>
        <message>
            <source>Looking…</source>
            <translation>Wird nachgesehen …</translation>
        </message>
        <message>
            <source>Folders to learn from</source>
            <translation>Ordner, aus denen gelernt wird</translation>
        </message>
        <message>
            <source>&amp;Folders</source>
            <translation>&amp;Ordner</translation>
        </message>
        <message>
            <source>&amp;Adapt</source>
            <translation>&amp;Anpassen</translation>
        </message>
        <message>
            <source>&amp;Name</source>
            <translation>&amp;Name</translation>
        </message>
        <message>
            <source>%1 (too few)</source>
            <translation>%1 (zu wenige)</translation>
        </message>
        <message>
            <source>At least %1 folders with %2 photos each are needed.</source>
            <translation>Es braucht mindestens %1 Ordner mit je %2 Fotos.</translation>
        </message>
        <message>
            <source>Give the model a name.</source>
            <translation>Geben Sie dem Modell einen Namen.</translation>
        </message>
        <message>
            <source>Looking for near-identical photos…</source>
            <translation>Fast gleiche Fotos werden gesucht …</translation>
        </message>
        <message>
            <source>Measuring on photos that are left out…</source>
            <translation>An ausgelassenen Fotos wird gemessen …</translation>
        </message>
        <message>
            <source>Learning from all photos…</source>
            <translation>Aus allen Fotos wird gelernt …</translation>
        </message>
        <message>
            <source>Nearly done…</source>
            <translation>Fast fertig …</translation>
        </message>
        <message>
            <source>It gains: mAP rises from %1 to %2, by %3 (95 % interval %4 to %5).</source>
            <translation>Es gewinnt: mAP steigt von %1 auf %2, um %3 (95-%-Intervall %4 bis %5).</translation>
        </message>
        <message>
            <source>No gain could be shown: mAP goes from %1 to %2, by %3 (95 % interval %4 to %5).</source>
            <translation>Ein Gewinn war nicht nachzuweisen: mAP geht von %1 auf %2, um %3 (95-%-Intervall %4 bis %5).</translation>
        </message>
        <message>
            <source>Measured on %1 that it had not learned from.</source>
            <translation>Gemessen an %1, aus denen es nicht gelernt hatte.</translation>
        </message>
        <message>
            <source>%1 is now in the list of models, and chosen.</source>
            <translation>%1 steht jetzt in der Liste der Modelle und ist gewählt.</translation>
        </message>
        <message>
            <source>It was not kept. More photos, or folders that differ more, may help.</source>
            <translation>Es wurde nicht behalten. Mehr Fotos oder Ordner, die sich stärker unterscheiden, können helfen.</translation>
        </message>
        <message>
            <source>Your own models</source>
            <translation>Ihre eigenen Modelle</translation>
        </message>
        <message>
            <source>Throw away</source>
            <translation>Wegwerfen</translation>
        </message>
        <message>
            <source>Throw %1 away</source>
            <translation>%1 wegwerfen</translation>
        </message>
        <message>
            <source>%1 is gone.</source>
            <translation>%1 ist fort.</translation>
        </message>
    </context>
    <context>
        <name>BatchDialog</name>
        <message>
            <source>Export many searches</source>
            <translation>Mehrere Suchen exportieren</translation>
        </message>
        <message>
            <source>&amp;Models</source>
            <translation>&amp;Modelle</translation>
        </message>
        <message>
            <source>&amp;Distance</source>
            <translation>&amp;Abstand</translation>
        </message>
        <message>
            <source>&amp;Go on with the export that was stopped there</source>
            <translation>Den dort angehaltenen Export &amp;fortsetzen</translation>
        </message>
        <message>
            <source>Every photo of the library</source>
            <translation>Jedem Foto der Bibliothek</translation>
        </message>
        <message>
            <source>The photos in a folder</source>
            <translation>Den Fotos in einem Ordner</translation>
        </message>
        <message>
            <source>One picture</source>
            <translation>Einem Bild</translation>
        </message>
        <message>
            <source>The pictures that a text file lists, one path a line</source>
            <translation>Den Bildern aus einer Textdatei, ein Pfad je Zeile</translation>
        </message>
        <message>
            <source>Search with</source>
            <translation>Suchen mit</translation>
        </message>
        <message>
            <source>&amp;Search with</source>
            <translation>&amp;Suchen mit</translation>
        </message>
        <message>
            <source>All</source>
            <translation>Alle</translation>
        </message>
        <message>
            <source>&amp;Results of each</source>
            <translation>&amp;Treffer je Suche</translation>
        </message>
        <message>
            <source>Only &amp;up to the distance</source>
            <translation>Nur &amp;bis zum Abstand</translation>
        </message>
        <message>
            <source>Largest distance of a result</source>
            <translation>Größter Abstand eines Treffers</translation>
        </message>
        <message>
            <source>Choose what to search with.</source>
            <translation>Wählen Sie, womit gesucht wird.</translation>
        </message>
        <message>
            <source>Choose at least one model.</source>
            <translation>Wählen Sie mindestens ein Modell.</translation>
        </message>
        <message>
            <source>Choose at least one distance.</source>
            <translation>Wählen Sie mindestens einen Abstand.</translation>
        </message>
        <message>
            <source>Pictures</source>
            <translation>Bilder</translation>
        </message>
        <message>
            <source>Text files</source>
            <translation>Textdateien</translation>
        </message>
        <message>
            <source>All files</source>
            <translation>Alle Dateien</translation>
        </message>
        <message>
            <source>Stopped. What was done is kept: Export goes on from there.</source>
            <translation>Angehalten. Was getan ist, bleibt erhalten: „Exportieren“ macht dort weiter.</translation>
        </message>
    </context>
    <context>
        <name>Centre</name>
        <message>
            <source>approximate</source>
            <translation>angenähert</translation>
        </message>
        <message>
            <source>The server's index found these photos: it may have missed a few. The distances are exact.</source>
            <translation>Der Index des Servers hat diese Fotos gefunden: Einige wenige kann er übersehen haben. Die Abstände sind genau.</translation>
        </message>
        <message>
            <source>Which photos are alike?</source>
            <translation>Welche Fotos ähneln sich?</translation>
        </message>
        <message>
            <source>Open a folder of photos, or drop one here. Then click a photo to see those most like it.
Everything stays on this computer, and nothing is ever written into your folder.</source>
            <translation>Öffnen Sie einen Ordner mit Fotos, oder ziehen Sie einen hierher. Klicken Sie dann auf ein Foto, um die ähnlichsten zu sehen.
Alles bleibt auf diesem Rechner, und in Ihren Ordner wird nie etwas geschrieben.</translation>
        </message>
        <message>
            <source>Open folder…</source>
            <translation>Ordner öffnen …</translation>
        </message>
        <message>
            <source>Filter by name</source>
            <translation>Nach Namen filtern</translation>
        </message>
        <message>
            <source>S&amp;ort</source>
            <translation>S&amp;ortierung</translation>
        </message>
        <message>
            <source>Size of the photos</source>
            <translation>Größe der Fotos</translation>
        </message>
        <message>
            <source>Distance</source>
            <translation>Abstand</translation>
        </message>
        <message>
            <source>Folder and name</source>
            <translation>Ordner und Name</translation>
        </message>
        <message>
            <source>Newest first</source>
            <translation>Neueste zuerst</translation>
        </message>
        <message>
            <source>Largest first</source>
            <translation>Größte zuerst</translation>
        </message>
        <message>
            <source>Map</source>
            <translation>Karte</translation>
        </message>
        <message>
            <source>Map of all photos (M)</source>
            <translation>Karte aller Fotos (M)</translation>
        </message>
    </context>
    <context>
        <name>ClassChart</name>
        <message>
            <source>Each label</source>
            <translation>Jede Beschriftung</translation>
        </message>
        <message>
            <source>not measured</source>
            <translation>nicht gemessen</translation>
        </message>
        <message numerus="yes">
            <source>%1: %2 (%Ln query(s))</source>
            <translation>
                <numerusform>%1: %2 (%Ln Suche)</numerusform>
                <numerusform>%1: %2 (%Ln Suchen)</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>ColumnsDialog</name>
        <message>
            <source>Models side by side</source>
            <translation>Modelle nebeneinander</translation>
        </message>
        <message>
            <source>&amp;Compare</source>
            <translation>&amp;Vergleichen</translation>
        </message>
        <message>
            <source>&amp;Models</source>
            <translation>&amp;Modelle</translation>
        </message>
        <message>
            <source>&amp;Distance</source>
            <translation>&amp;Abstand</translation>
        </message>
        <message>
            <source>Choose two or three: models, or one model under both distances.</source>
            <translation>Wählen Sie zwei oder drei: Modelle, oder ein Modell mit beiden Abständen.</translation>
        </message>
        <message>
            <source>Searching…</source>
            <translation>Wird gesucht …</translation>
        </message>
        <message>
            <source>Comparing over the whole library…</source>
            <translation>Über die ganze Bibliothek wird verglichen …</translation>
        </message>
        <message>
            <source>%1 and %2 share %3 of the first %4.</source>
            <translation>%1 und %2 haben %3 der ersten %4 gemeinsam.</translation>
        </message>
        <message>
            <source>Over the whole library they share %1.</source>
            <translation>Über die ganze Bibliothek sind es %1.</translation>
        </message>
    </context>
    <context>
        <name>Commands</name>
        <message numerus="yes">
            <source>%Ln path(s) copied</source>
            <translation>
                <numerusform>%Ln Pfad kopiert</numerusform>
                <numerusform>%Ln Pfade kopiert</numerusform>
            </translation>
        </message>
        <message>
            <source>Picture copied</source>
            <translation>Bild kopiert</translation>
        </message>
        <message>
            <source>Open a folder of photos</source>
            <translation>Ordner mit Fotos öffnen</translation>
        </message>
        <message>
            <source>Pictures</source>
            <translation>Bilder</translation>
        </message>
        <message>
            <source>Search with a picture</source>
            <translation>Mit einem Bild suchen</translation>
        </message>
        <message>
            <source>There is no picture in the clipboard.</source>
            <translation>In der Zwischenablage ist kein Bild.</translation>
        </message>
        <message>
            <source>Open a folder first: that is where similar photos are looked for.</source>
            <translation>Öffnen Sie zuerst einen Ordner: Darin wird nach ähnlichen Fotos gesucht.</translation>
        </message>
    </context>
    <context>
        <name>Compare</name>
        <message>
            <source>Comparison</source>
            <translation>Vergleich</translation>
        </message>
        <message>
            <source>Back to the photos (Esc)</source>
            <translation>Zurück zu den Fotos (Esc)</translation>
        </message>
        <message>
            <source>Previous result (Left)</source>
            <translation>Voriger Treffer (Links)</translation>
        </message>
        <message>
            <source>Next result (Right)</source>
            <translation>Nächster Treffer (Rechts)</translation>
        </message>
        <message>
            <source>Query: {name}</source>
            <translation>Vorlage: {name}</translation>
        </message>
        <message>
            <source>This picture cannot be read.</source>
            <translation>Dieses Bild lässt sich nicht lesen.</translation>
        </message>
        <message>
            <source>Tab: the other picture · Esc: side by side</source>
            <translation>Tab: das andere Bild · Esc: nebeneinander</translation>
        </message>
        <message>
            <source>Tab: one in the place of the other · H: why · +, −, 0: zoom · Left, Right: results</source>
            <translation>Tab: eines an der Stelle des anderen · H: warum · +, −, 0: Zoom · Links, Rechts: Treffer</translation>
        </message>
    </context>
    <context>
        <name>CompareHeat</name>
        <message>
            <source>Why?</source>
            <translation>Warum?</translation>
        </message>
        <message>
            <source>Why they match (H)</source>
            <translation>Warum sie sich ähneln (H)</translation>
        </message>
        <message>
            <source>Working out why they match…</source>
            <translation>Es wird ermittelt, warum sie sich ähneln …</translation>
        </message>
        <message>
            <source>Exact: the parts of each map add up to the similarity.</source>
            <translation>Genau: Die Teile jeder Karte ergeben zusammen die Ähnlichkeit.</translation>
        </message>
        <message>
            <source>By occlusion: how far the similarity falls when a square is hidden.</source>
            <translation>Durch Verdecken: wie weit die Ähnlichkeit sinkt, wenn ein Quadrat verdeckt ist.</translation>
        </message>
        <message>
            <source>Similarity %1 for %2 (cosine distance %3).</source>
            <translation>Ähnlichkeit %1 für %2 (Kosinusabstand %3).</translation>
        </message>
        <message>
            <source>Orange adds to it, blue takes from it.</source>
            <translation>Orange trägt dazu bei, Blau nimmt davon weg.</translation>
        </message>
    </context>
    <context>
        <name>Counted</name>
        <message numerus="yes">
            <source>%Ln photo(s)</source>
            <translation>
                <numerusform>%Ln Foto</numerusform>
                <numerusform>%Ln Fotos</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln result(s)</source>
            <translation>
                <numerusform>%Ln Treffer</numerusform>
                <numerusform>%Ln Treffer</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>Like %Ln picture(s)</source>
            <translation>
                <numerusform>Wie %Ln Bild</numerusform>
                <numerusform>Wie %Ln Bilder</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>Unlike %Ln picture(s)</source>
            <translation>
                <numerusform>Anders als %Ln Bild</numerusform>
                <numerusform>Anders als %Ln Bilder</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>Looking for photos: %Ln found</source>
            <translation>
                <numerusform>Sucht Fotos: %Ln gefunden</numerusform>
                <numerusform>Sucht Fotos: %Ln gefunden</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln second(s)</source>
            <translation>
                <numerusform>%Ln Sekunde</numerusform>
                <numerusform>%Ln Sekunden</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln minute(s)</source>
            <translation>
                <numerusform>%Ln Minute</numerusform>
                <numerusform>%Ln Minuten</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln hour(s)</source>
            <translation>
                <numerusform>%Ln Stunde</numerusform>
                <numerusform>%Ln Stunden</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>DistanceHistogram</name>
        <message>
            <source>Distances of all photos</source>
            <translation>Abstände aller Fotos</translation>
        </message>
        <message>
            <source>No query yet</source>
            <translation>Noch keine Vorlage</translation>
        </message>
        <message>
            <source>No limit: all {count} photos</source>
            <translation>Keine Grenze: alle {count} Fotos</translation>
        </message>
        <message>
            <source>Limit {limit}: {kept} of {count} photos</source>
            <translation>Grenze {limit}: {kept} von {count} Fotos</translation>
        </message>
    </context>
    <context>
        <name>DuplicatesModel</name>
        <message>
            <source>How much fine detail the photo has at the same size: the more, the sharper</source>
            <translation>Wie viele feine Einzelheiten das Foto bei gleicher Größe hat: je mehr, desto schärfer</translation>
        </message>
        <message>
            <source>Photo</source>
            <translation>Foto</translation>
        </message>
        <message>
            <source>Folder</source>
            <translation>Ordner</translation>
        </message>
        <message>
            <source>Pixels</source>
            <translation>Pixel</translation>
        </message>
        <message>
            <source>Size</source>
            <translation>Größe</translation>
        </message>
        <message>
            <source>Changed</source>
            <translation>Geändert</translation>
        </message>
        <message>
            <source>Sharpness</source>
            <translation>Schärfe</translation>
        </message>
        <message>
            <source>Distance</source>
            <translation>Abstand</translation>
        </message>
        <message>
            <source>identical files</source>
            <translation>identische Dateien</translation>
        </message>
        <message>
            <source>certainty %1</source>
            <translation>Gewissheit %1</translation>
        </message>
    </context>
    <context>
        <name>DuplicatesPage</name>
        <message>
            <source>Duplicates</source>
            <translation>Fast gleiche Fotos</translation>
        </message>
        <message>
            <source>&amp;Search</source>
            <translation>&amp;Suchen</translation>
        </message>
        <message>
            <source>Finds photos of the library that show one picture: copies, also resized, saved again, recoloured, mirrored or slightly cropped. Semblance deletes nothing; what to keep is up to you.</source>
            <translation>Findet Fotos der Bibliothek, die ein und dasselbe Bild zeigen: Kopien, auch verkleinerte, neu gespeicherte, umgefärbte, gespiegelte oder leicht beschnittene. Semblance löscht nichts; was bleibt, entscheiden Sie.</translation>
        </message>
        <message>
            <source>&amp;View large</source>
            <translation>&amp;Groß ansehen</translation>
        </message>
        <message>
            <source>&amp;Compare</source>
            <translation>&amp;Vergleichen</translation>
        </message>
        <message>
            <source>&amp;Find similar</source>
            <translation>Ä&amp;hnliche suchen</translation>
        </message>
        <message>
            <source>&amp;Not a duplicate</source>
            <translation>&amp;Nicht dasselbe Bild</translation>
        </message>
        <message>
            <source>&amp;Undo</source>
            <translation>&amp;Rückgängig</translation>
        </message>
        <message>
            <source>&amp;Export…</source>
            <translation>&amp;Exportieren …</translation>
        </message>
        <message>
            <source>Two photos of a group side by side (C)</source>
            <translation>Zwei Fotos einer Gruppe nebeneinander (C)</translation>
        </message>
        <message>
            <source>Take the selected photos out of the group, now and in every later search (N)</source>
            <translation>Die ausgewählten Fotos aus der Gruppe nehmen, jetzt und bei jeder späteren Suche (N)</translation>
        </message>
        <message>
            <source>Take the last “not a duplicate” back (Ctrl+Z)</source>
            <translation>Das letzte „Nicht dasselbe Bild“ zurücknehmen (Strg+Z)</translation>
        </message>
        <message>
            <source>Write the groups as CSV or JSON (Ctrl+S)</source>
            <translation>Die Gruppen als CSV oder JSON schreiben (Strg+S)</translation>
        </message>
        <message>
            <source>Comparing all photos with one another: %1 of %2</source>
            <translation>Alle Fotos miteinander vergleichen: %1 von %2</translation>
        </message>
        <message>
            <source>Looking closely at pairs: %1 of %2</source>
            <translation>Paare genau ansehen: %1 von %2</translation>
        </message>
        <message>
            <source>Measuring the photos that were found: %1 of %2</source>
            <translation>Gefundene Fotos vermessen: %1 von %2</translation>
        </message>
        <message>
            <source>%1 left</source>
            <translation>noch %1</translation>
        </message>
        <message>
            <source>&amp;Search again</source>
            <translation>Noch einmal &amp;suchen</translation>
        </message>
        <message numerus="yes">
            <source>%Ln group(s)</source>
            <translation>
                <numerusform>%Ln Gruppe</numerusform>
                <numerusform>%Ln Gruppen</numerusform>
            </translation>
        </message>
        <message>
            <source>all but the largest of each: %1</source>
            <translation>ohne die jeweils größte Datei: %1</translation>
        </message>
        <message>
            <source>No photo is there twice.</source>
            <translation>Kein Foto ist doppelt da.</translation>
        </message>
        <message numerus="yes">
            <source>%Ln pair(s) called no duplicates</source>
            <translation>
                <numerusform>%Ln Paar gilt nicht als dasselbe Bild</numerusform>
                <numerusform>%Ln Paare gelten nicht als dasselbe Bild</numerusform>
            </translation>
        </message>
        <message>
            <source>duplicates.csv</source>
            <translation>fast-gleiche-fotos.csv</translation>
        </message>
        <message>
            <source>Table</source>
            <translation>Tabelle</translation>
        </message>
        <message>
            <source>Export the groups</source>
            <translation>Die Gruppen exportieren</translation>
        </message>
        <message>
            <source>%1 in %2</source>
            <translation>%1 in %2</translation>
        </message>
    </context>
    <context>
        <name>DuplicatesTree</name>
        <message>
            <source>Groups of near-identical photos</source>
            <translation>Gruppen fast gleicher Fotos</translation>
        </message>
    </context>
    <context>
        <name>ErrorDialog</name>
        <message>
            <source>Details</source>
            <translation>Einzelheiten</translation>
        </message>
        <message>
            <source>Copy details</source>
            <translation>Einzelheiten kopieren</translation>
        </message>
    </context>
    <context>
        <name>EvaluatePage</name>
        <message>
            <source>Evaluate models</source>
            <translation>Modelle bewerten</translation>
        </message>
        <message>
            <source>&amp;Evaluate</source>
            <translation>&amp;Bewerten</translation>
        </message>
        <message>
            <source>How well does each model find photos of the same kind? Photos in one sub-folder count as one kind; each query is searched for, and the nearer photos of its kind stand to it, the better.</source>
            <translation>Wie gut findet jedes Modell Fotos derselben Art? Fotos in einem Unterordner gelten als eine Art; mit jedem Suchbild wird gesucht, und je näher ihm Fotos seiner Art stehen, desto besser.</translation>
        </message>
        <message>
            <source>&amp;Copy the table</source>
            <translation>Tabelle &amp;kopieren</translation>
        </message>
        <message>
            <source>Every photo, against the rest</source>
            <translation>Jedem Foto, gegen alle anderen</translation>
        </message>
        <message>
            <source>The photos in a folder, against the library</source>
            <translation>Den Fotos in einem Ordner, gegen die Bibliothek</translation>
        </message>
        <message>
            <source>Folder of queries</source>
            <translation>Ordner der Suchbilder</translation>
        </message>
        <message>
            <source>The sub-folder that a photo lies in</source>
            <translation>Der Unterordner, in dem ein Foto liegt</translation>
        </message>
        <message>
            <source>A CSV file of path,label</source>
            <translation>Eine CSV-Datei mit path,label</translation>
        </message>
        <message>
            <source>File of labels</source>
            <translation>Datei der Beschriftungen</translation>
        </message>
        <message>
            <source>Tables</source>
            <translation>Tabellen</translation>
        </message>
        <message>
            <source>All files</source>
            <translation>Alle Dateien</translation>
        </message>
        <message>
            <source>&amp;Search with</source>
            <translation>&amp;Suchen mit</translation>
        </message>
        <message>
            <source>&amp;Labels</source>
            <translation>Besch&amp;riftung</translation>
        </message>
        <message>
            <source>&amp;Models</source>
            <translation>&amp;Modelle</translation>
        </message>
        <message>
            <source>&amp;Distance</source>
            <translation>&amp;Abstand</translation>
        </message>
        <message>
            <source>Choose the folder of queries.</source>
            <translation>Wählen Sie den Ordner der Suchbilder.</translation>
        </message>
        <message>
            <source>Choose the file of labels.</source>
            <translation>Wählen Sie die Datei der Beschriftungen.</translation>
        </message>
        <message>
            <source>Choose at least one model.</source>
            <translation>Wählen Sie mindestens ein Modell.</translation>
        </message>
        <message>
            <source>Choose at least one distance.</source>
            <translation>Wählen Sie mindestens einen Abstand.</translation>
        </message>
        <message>
            <source>Looking at the pictures to search with: %1 of %2</source>
            <translation>Suchbilder werden gelesen: %1 von %2</translation>
        </message>
        <message>
            <source>Searched for %1 of %2</source>
            <translation>Gesucht mit %1 von %2</translation>
        </message>
    </context>
    <context>
        <name>EvaluateResults</name>
        <message>
            <source>Measures</source>
            <translation>Maße</translation>
        </message>
        <message>
            <source>Each label &amp;by</source>
            <translation>Jede Art m&amp;it</translation>
        </message>
        <message>
            <source>&amp;in</source>
            <translation>&amp;nach</translation>
        </message>
        <message>
            <source>Difference</source>
            <translation>Unterschied</translation>
        </message>
        <message>
            <source>The worst queries: click one to see its ranking</source>
            <translation>Die schlechtesten Suchen: Ein Klick zeigt die Treffer</translation>
        </message>
        <message>
            <source>%1 in %2, of %3. In brackets: 95 % intervals.</source>
            <translation>%1 in %2, %3. In Klammern: 95-%-Intervalle.</translation>
        </message>
        <message numerus="yes">
            <source>%Ln query(s)</source>
            <translation>
                <numerusform>%Ln Suche</numerusform>
                <numerusform>%Ln Suchen</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln label(s)</source>
            <translation>
                <numerusform>%Ln Beschriftung</numerusform>
                <numerusform>%Ln Beschriftungen</numerusform>
            </translation>
        </message>
        <message>
            <source>One photo only: %1.</source>
            <translation>Nur ein Foto: %1.</translation>
        </message>
        <message numerus="yes">
            <source>%Ln query(s) left out: no other photo has the label.</source>
            <translation>
                <numerusform>%Ln Suche zählt nicht: Kein anderes Foto ist so beschriftet.</numerusform>
                <numerusform>%Ln Suchen zählen nicht: Kein anderes Foto ist so beschriftet.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln query(s) without a label.</source>
            <translation>
                <numerusform>%Ln Suche ohne Beschriftung.</numerusform>
                <numerusform>%Ln Suchen ohne Beschriftung.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln photo(s) without a label.</source>
            <translation>
                <numerusform>%Ln Foto ohne Beschriftung.</numerusform>
                <numerusform>%Ln Fotos ohne Beschriftung.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln picture(s) could not be read.</source>
            <translation>
                <numerusform>%Ln Bild war nicht lesbar.</numerusform>
                <numerusform>%Ln Bilder waren nicht lesbar.</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>ExportDialog</name>
        <message>
            <source>&amp;Export</source>
            <translation>&amp;Exportieren</translation>
        </message>
        <message>
            <source>Folder to write to</source>
            <translation>Zielordner</translation>
        </message>
        <message>
            <source>&amp;Open the page</source>
            <translation>Seite ö&amp;ffnen</translation>
        </message>
        <message>
            <source>Show the &amp;folder</source>
            <translation>&amp;Ordner zeigen</translation>
        </message>
        <message>
            <source>Write as</source>
            <translation>Schreiben als</translation>
        </message>
        <message>
            <source>&amp;Write to</source>
            <translation>&amp;Zielordner</translation>
        </message>
        <message>
            <source>Choose at least one format.</source>
            <translation>Wählen Sie mindestens ein Format.</translation>
        </message>
        <message>
            <source>Choose a folder to write to.</source>
            <translation>Wählen Sie einen Zielordner.</translation>
        </message>
        <message>
            <source>Looking at the pictures to search with</source>
            <translation>Suchbilder werden gelesen</translation>
        </message>
        <message>
            <source>Searching</source>
            <translation>Suche</translation>
        </message>
        <message>
            <source>Writing the page</source>
            <translation>Seite wird geschrieben</translation>
        </message>
        <message>
            <source>Drawing the sheets</source>
            <translation>Kontaktbögen werden gezeichnet</translation>
        </message>
        <message>
            <source>Copying the photos</source>
            <translation>Fotos werden kopiert</translation>
        </message>
        <message>
            <source>Writing %1</source>
            <translation>%1 wird geschrieben</translation>
        </message>
        <message>
            <source>%1: %2 of %3</source>
            <translation>%1: %2 von %3</translation>
        </message>
        <message>
            <source>%1 in %2</source>
            <translation>%1 in %2</translation>
        </message>
        <message numerus="yes">
            <source>%Ln sheet(s)</source>
            <translation>
                <numerusform>%Ln Bogen</numerusform>
                <numerusform>%Ln Bögen</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln picture(s) could not be read; manifest.json names them.</source>
            <translation>
                <numerusform>%Ln Bild war nicht lesbar; manifest.json nennt es.</numerusform>
                <numerusform>%Ln Bilder waren nicht lesbar; manifest.json nennt sie.</numerusform>
            </translation>
        </message>
        <message>
            <source>Stopped. Nothing was written.</source>
            <translation>Angehalten. Es wurde nichts geschrieben.</translation>
        </message>
    </context>
    <context>
        <name>FormatChecks</name>
        <message>
            <source>CSV</source>
            <translation>CSV</translation>
        </message>
        <message>
            <source>A table for spreadsheets: one row a result</source>
            <translation>Eine Tabelle für Tabellenprogramme: eine Zeile je Treffer</translation>
        </message>
        <message>
            <source>JSON</source>
            <translation>JSON</translation>
        </message>
        <message>
            <source>The same rows for other programs</source>
            <translation>Dieselben Zeilen für andere Programme</translation>
        </message>
        <message>
            <source>Parquet</source>
            <translation>Parquet</translation>
        </message>
        <message>
            <source>The same rows, small and fast to read: for very many</source>
            <translation>Dieselben Zeilen, klein und schnell zu lesen: für sehr viele</translation>
        </message>
        <message>
            <source>Web page</source>
            <translation>Webseite</translation>
        </message>
        <message>
            <source>One page with the pictures, to look at in a browser</source>
            <translation>Eine Seite mit den Bildern, zum Ansehen im Browser</translation>
        </message>
        <message>
            <source>Contact sheets</source>
            <translation>Kontaktbögen</translation>
        </message>
        <message>
            <source>A sheet with the pictures of each query, as PNG and as one PDF to print</source>
            <translation>Ein Bogen mit den Bildern je Suche, als PNG und als ein PDF zum Drucken</translation>
        </message>
        <message>
            <source>Copies of the photos</source>
            <translation>Kopien der Fotos</translation>
        </message>
        <message>
            <source>The photos themselves, copied into a numbered folder for each query</source>
            <translation>Die Fotos selbst, kopiert in einen nummerierten Ordner je Suche</translation>
        </message>
        <message>
            <source>Needs the package pyarrow, which is not installed</source>
            <translation>Braucht das Paket pyarrow, das nicht installiert ist</translation>
        </message>
    </context>
    <context>
        <name>GalleryDelegate</name>
        <message>
            <source>Cannot be read</source>
            <translation>Nicht lesbar</translation>
        </message>
    </context>
    <context>
        <name>GalleryModel</name>
        <message>
            <source>marked as like this</source>
            <translation>markiert: wie dieses</translation>
        </message>
        <message>
            <source>marked as not this</source>
            <translation>markiert: nicht dieses</translation>
        </message>
        <message>
            <source>stack of {size}, folded</source>
            <translation>Stapel von {size}, zugeklappt</translation>
        </message>
        <message>
            <source>stack of {size}, unfolded</source>
            <translation>Stapel von {size}, aufgeklappt</translation>
        </message>
        <message>
            <source>Rank {rank}, distance {distance}, {name}</source>
            <translation>Rang {rank}, Abstand {distance}, {name}</translation>
        </message>
    </context>
    <context>
        <name>GalleryView</name>
        <message>
            <source>Photos</source>
            <translation>Fotos</translation>
        </message>
    </context>
    <context>
        <name>HistoryDialog</name>
        <message>
            <source>History</source>
            <translation>Verlauf</translation>
        </message>
    </context>
    <context>
        <name>ImageView</name>
        <message>
            <source>Picture</source>
            <translation>Bild</translation>
        </message>
    </context>
    <context>
        <name>Inspector</name>
        <message>
            <source>Details</source>
            <translation>Einzelheiten</translation>
        </message>
        <message>
            <source>Select a photo to see its details.</source>
            <translation>Wählen Sie ein Foto, um Einzelheiten zu sehen.</translation>
        </message>
        <message>
            <source>Match</source>
            <translation>Treffer</translation>
        </message>
        <message>
            <source>The model sees</source>
            <translation>Das Modell sieht</translation>
        </message>
        <message>
            <source>File</source>
            <translation>Datei</translation>
        </message>
        <message>
            <source>Camera</source>
            <translation>Kamera</translation>
        </message>
        <message>
            <source>{rank} of {count}</source>
            <translation>{rank} von {count}</translation>
        </message>
        <message>
            <source>Rank</source>
            <translation>Rang</translation>
        </message>
        <message>
            <source>Pixels</source>
            <translation>Pixel</translation>
        </message>
        <message>
            <source>Format</source>
            <translation>Format</translation>
        </message>
        <message>
            <source>Size</source>
            <translation>Größe</translation>
        </message>
        <message>
            <source>Changed</source>
            <translation>Geändert</translation>
        </message>
        <message>
            <source>Taken</source>
            <translation>Aufgenommen</translation>
        </message>
        <message>
            <source>Lens</source>
            <translation>Objektiv</translation>
        </message>
        <message>
            <source>Exposure</source>
            <translation>Belichtung</translation>
        </message>
        <message>
            <source>Aperture</source>
            <translation>Blende</translation>
        </message>
        <message>
            <source>Sensitivity</source>
            <translation>Empfindlichkeit</translation>
        </message>
        <message>
            <source>Focal length</source>
            <translation>Brennweite</translation>
        </message>
        <message>
            <source>Place</source>
            <translation>Ort</translation>
        </message>
        <message>
            <source>Software</source>
            <translation>Programm</translation>
        </message>
        <message>
            <source>Artist</source>
            <translation>Urheber</translation>
        </message>
        <message>
            <source>Copyright</source>
            <translation>Rechte</translation>
        </message>
        <message>
            <source>Description</source>
            <translation>Beschreibung</translation>
        </message>
        <message>
            <source>This picture cannot be read:
{reason}</source>
            <translation>Dieses Bild lässt sich nicht lesen:
{reason}</translation>
        </message>
    </context>
    <context>
        <name>JobDialog</name>
        <message>
            <source>Progress</source>
            <translation>Fortschritt</translation>
        </message>
        <message>
            <source>&amp;Stop</source>
            <translation>&amp;Anhalten</translation>
        </message>
        <message>
            <source>De&amp;tails…</source>
            <translation>&amp;Einzelheiten …</translation>
        </message>
        <message>
            <source>Starting…</source>
            <translation>Es geht los …</translation>
        </message>
        <message>
            <source>Stopping…</source>
            <translation>Wird angehalten …</translation>
        </message>
        <message>
            <source>Stopped.</source>
            <translation>Angehalten.</translation>
        </message>
    </context>
    <context>
        <name>LimitPanel</name>
        <message>
            <source>Distance &amp;up to</source>
            <translation>Abstand &amp;bis</translation>
        </message>
        <message>
            <source>Largest distance of a result</source>
            <translation>Größter Abstand eines Treffers</translation>
        </message>
        <message>
            <source>%1 of %2 photos are that near</source>
            <translation>%1 von %2 Fotos sind so nah</translation>
        </message>
    </context>
    <context>
        <name>MainWindow</name>
        <message>
            <source>Semblance</source>
            <translation>Semblance</translation>
        </message>
        <message>
            <source>Opening…</source>
            <translation>Wird geöffnet …</translation>
        </message>
        <message>
            <source>%1 – Semblance</source>
            <translation>%1 – Semblance</translation>
        </message>
        <message>
            <source>Clear this list</source>
            <translation>Liste leeren</translation>
        </message>
    </context>
    <context>
        <name>MapCanvas</name>
        <message>
            <source>Map of photos</source>
            <translation>Karte der Fotos</translation>
        </message>
    </context>
    <context>
        <name>MapLegend</name>
        <message>
            <source>Colours</source>
            <translation>Farben</translation>
        </message>
    </context>
    <context>
        <name>MapPage</name>
        <message>
            <source>Overview (PCA)</source>
            <translation>Überblick (PCA)</translation>
        </message>
        <message>
            <source>Neighbourhoods (t-SNE)</source>
            <translation>Nachbarschaften (t-SNE)</translation>
        </message>
        <message>
            <source>The two directions in which the photos differ most; takes seconds</source>
            <translation>Die zwei Richtungen, in denen sich die Fotos am meisten unterscheiden; dauert Sekunden</translation>
        </message>
        <message>
            <source>Keeps photos beside those most like them; takes minutes</source>
            <translation>Lässt Fotos neben denen, die ihnen am ähnlichsten sind; dauert Minuten</translation>
        </message>
        <message>
            <source>Folder</source>
            <translation>Ordner</translation>
        </message>
        <message>
            <source>Distance to the query</source>
            <translation>Abstand zur Anfrage</translation>
        </message>
        <message>
            <source>Progress of the map</source>
            <translation>Fortschritt der Karte</translation>
        </message>
        <message>
            <source>Stop</source>
            <translation>Anhalten</translation>
        </message>
        <message>
            <source>Arrange anew</source>
            <translation>Neu anordnen</translation>
        </message>
        <message>
            <source>New photos were put among those most like them</source>
            <translation>Neue Fotos liegen bei denen, die ihnen am ähnlichsten sind</translation>
        </message>
        <message>
            <source>A&amp;rrange</source>
            <translation>A&amp;nordnen</translation>
        </message>
        <message>
            <source>&amp;Colour</source>
            <translation>&amp;Farbe</translation>
        </message>
        <message>
            <source>Farther (−)</source>
            <translation>Weiter weg (−)</translation>
        </message>
        <message>
            <source>Nearer (+)</source>
            <translation>Näher (+)</translation>
        </message>
        <message>
            <source>All photos (0)</source>
            <translation>Alle Fotos (0)</translation>
        </message>
        <message>
            <source>Click a photo: then colours can tell the distance to it</source>
            <translation>Klicken Sie ein Foto an: dann können die Farben den Abstand dazu zeigen</translation>
        </message>
        <message>
            <source>Looking for what tells the photos apart…</source>
            <translation>Sucht, was die Fotos unterscheidet …</translation>
        </message>
        <message>
            <source>Placing photos: %1 of %2</source>
            <translation>Legt Fotos aus: %1 von %2</translation>
        </message>
        <message>
            <source>Arranging neighbours: %1 %</source>
            <translation>Ordnet Nachbarn an: %1 %</translation>
        </message>
        <message>
            <source>%1 left</source>
            <translation>noch %1</translation>
        </message>
        <message>
            <source>Looking for each photo's neighbours…</source>
            <translation>Sucht zu jedem Foto die Nachbarn …</translation>
        </message>
    </context>
    <context>
        <name>Mapping</name>
        <message>
            <source>Neighbourhoods need one more package: %1</source>
            <translation>Für Nachbarschaften fehlt noch ein Paket: %1</translation>
        </message>
        <message>
            <source>Stopped.</source>
            <translation>Angehalten.</translation>
        </message>
        <message>
            <source>The map appears here as soon as photos are indexed.</source>
            <translation>Die Karte erscheint hier, sobald Fotos indiziert sind.</translation>
        </message>
        <message>
            <source>Distance %1</source>
            <translation>Abstand %1</translation>
        </message>
        <message>
            <source>near</source>
            <translation>nah</translation>
        </message>
        <message>
            <source>as far as half of the photos, or farther</source>
            <translation>so fern wie die Hälfte der Fotos oder ferner</translation>
        </message>
        <message>
            <source>in no folder</source>
            <translation>in keinem Ordner</translation>
        </message>
        <message numerus="yes">
            <source>%Ln other folder(s)</source>
            <translation>
                <numerusform>%Ln anderer Ordner</numerusform>
                <numerusform>%Ln andere Ordner</numerusform>
            </translation>
        </message>
        <message>
            <source>%1. Arrows go to the next photo, Enter searches with it.</source>
            <translation>%1. Pfeile gehen zum nächsten Foto, Eingabe sucht damit.</translation>
        </message>
        <message>
            <source>Shows %1 % of the differences</source>
            <translation>Zeigt %1 % der Unterschiede</translation>
        </message>
        <message>
            <source>Only neighbours count</source>
            <translation>Nur Nachbarschaft zählt</translation>
        </message>
        <message>
            <source>%1 of %2 photos</source>
            <translation>%1 von %2 Fotos</translation>
        </message>
    </context>
    <context>
        <name>ModelChecks</name>
        <message>
            <source>%1 (is indexed first)</source>
            <translation>%1 (wird zuerst indiziert)</translation>
        </message>
    </context>
    <context>
        <name>ModelPicker</name>
        <message>
            <source>&amp;Model</source>
            <translation>&amp;Modell</translation>
        </message>
        <message>
            <source>Make a model of your own from your folders</source>
            <translation>Aus Ihren Ordnern ein eigenes Modell machen</translation>
        </message>
        <message>
            <source>There is no model.</source>
            <translation>Es gibt kein Modell.</translation>
        </message>
        <message>
            <source>not indexed</source>
            <translation>nicht indiziert</translation>
        </message>
        <message>
            <source>ready</source>
            <translation>bereit</translation>
        </message>
        <message>
            <source>partly: %1 of %2</source>
            <translation>teilweise: %1 von %2</translation>
        </message>
    </context>
    <context>
        <name>PathField</name>
        <message>
            <source>Choose…</source>
            <translation>Wählen …</translation>
        </message>
    </context>
    <context>
        <name>PreferencesDialog</name>
        <message>
            <source>Preferences</source>
            <translation>Einstellungen</translation>
        </message>
        <message>
            <source>&amp;Colours</source>
            <translation>&amp;Farben</translation>
        </message>
        <message>
            <source>As the system</source>
            <translation>Wie das System</translation>
        </message>
        <message>
            <source>Light</source>
            <translation>Hell</translation>
        </message>
        <message>
            <source>Dark</source>
            <translation>Dunkel</translation>
        </message>
        <message>
            <source>&amp;Language (from the next start)</source>
            <translation>&amp;Sprache (ab dem nächsten Start)</translation>
        </message>
        <message>
            <source>CPU (default)</source>
            <translation>CPU (Vorgabe)</translation>
        </message>
        <message>
            <source>Compute &amp;with</source>
            <translation>&amp;Rechnen mit</translation>
        </message>
        <message>
            <source>&amp;Rank and distance on the photos</source>
            <translation>&amp;Rang und Abstand auf den Fotos</translation>
        </message>
        <message>
            <source>Follow &amp;changes in the folder while it is open</source>
            <translation>&amp;Änderungen im geöffneten Ordner folgen</translation>
        </message>
        <message>
            <source>The index lies in</source>
            <translation>Der Index liegt in</translation>
        </message>
        <message>
            <source>Open this folder</source>
            <translation>Diesen Ordner öffnen</translation>
        </message>
        <message>
            <source>Reset all</source>
            <translation>Alles zurücksetzen</translation>
        </message>
        <message>
            <source>Back to what a first start has. The index and the recent folders stay.</source>
            <translation>Zurück zum Stand eines ersten Starts. Index und zuletzt geöffnete Ordner bleiben.</translation>
        </message>
    </context>
    <context>
        <name>QueryPanel</name>
        <message>
            <source>Click a photo to see what is like it. Or drop a picture here, or paste one (Ctrl+V).</source>
            <translation>Klicken Sie auf ein Foto, um Ähnliche zu sehen. Oder ziehen Sie ein Bild hierher, oder fügen Sie eines ein (Strg+V).</translation>
        </message>
        <message>
            <source>Open image…</source>
            <translation>Bild öffnen …</translation>
        </message>
        <message>
            <source>Search with the whole picture</source>
            <translation>Mit dem ganzen Bild suchen</translation>
        </message>
        <message>
            <source>Show %1 large</source>
            <translation>%1 groß zeigen</translation>
        </message>
        <message>
            <source>Like this; click for “unlike”</source>
            <translation>Wie dieses; Klick für „anders als“</translation>
        </message>
        <message>
            <source>Unlike this; click for “like”</source>
            <translation>Anders als dieses; Klick für „wie“</translation>
        </message>
        <message>
            <source>Take this picture out of the query</source>
            <translation>Dieses Bild aus der Suche nehmen</translation>
        </message>
        <message>
            <source>Take %1 out of the query</source>
            <translation>%1 aus der Suche nehmen</translation>
        </message>
    </context>
    <context>
        <name>QueryPicture</name>
        <message>
            <source>Query picture</source>
            <translation>Vorlage</translation>
        </message>
        <message>
            <source>Press R to choose a part of the picture to search with</source>
            <translation>Mit R einen Ausschnitt des Bildes zum Suchen wählen</translation>
        </message>
    </context>
    <context>
        <name>ResultColumn</name>
        <message>
            <source>★ only this one found it</source>
            <translation>★ nur hier gefunden</translation>
        </message>
        <message>
            <source>elsewhere %1</source>
            <translation>anderswo %1</translation>
        </message>
    </context>
    <context>
        <name>RobustnessDialog</name>
        <message>
            <source>What the model sees</source>
            <translation>Was das Modell bemerkt</translation>
        </message>
        <message>
            <source>&amp;Measure again</source>
            <translation>Noch einmal &amp;messen</translation>
        </message>
        <message>
            <source>%1 is changed in nine ways and searched with each time (%2, %3). Where the first results stay the same, the model hardly sees the change. Other pictures may fare otherwise.</source>
            <translation>%1 wird auf neun Arten verändert und jedes Mal damit gesucht (%2, %3). Wo die ersten Treffer dieselben bleiben, bemerkt das Modell die Veränderung kaum. Anderen Bildern kann es anders ergehen.</translation>
        </message>
        <message>
            <source>Opening the model…</source>
            <translation>Öffnet das Modell …</translation>
        </message>
        <message>
            <source>Searching with the changed picture: %1 of %2</source>
            <translation>Sucht mit dem veränderten Bild: %1 von %2</translation>
        </message>
        <message>
            <source>A ranking that can change takes at least two other photos.</source>
            <translation>Für eine Reihenfolge, die sich ändern kann, braucht es mindestens zwei andere Fotos.</translation>
        </message>
        <message>
            <source>As it is</source>
            <translation>Wie es ist</translation>
        </message>
        <message>
            <source>Two photos of the library are usually %1 apart</source>
            <translation>Zwei Fotos der Bibliothek liegen meist %1 auseinander</translation>
        </message>
    </context>
    <context>
        <name>ScreenExportDialog</name>
        <message>
            <source>Export these results</source>
            <translation>Diese Treffer exportieren</translation>
        </message>
        <message numerus="yes">
            <source>&amp;All that is shown: %Ln photo(s)</source>
            <translation>
                <numerusform>&amp;Alles, was gezeigt wird: %Ln Foto</numerusform>
                <numerusform>&amp;Alles, was gezeigt wird: %Ln Fotos</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>Only what is &amp;selected: %Ln photo(s)</source>
            <translation>
                <numerusform>Nur das Au&amp;sgewählte: %Ln Foto</numerusform>
                <numerusform>Nur das Au&amp;sgewählte: %Ln Fotos</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln near-identical photo(s), folded, are left out: unfold them first.</source>
            <translation>
                <numerusform>%Ln fast gleiches Foto liegt in einem Stapel und fehlt dann: erst aufklappen.</numerusform>
                <numerusform>%Ln fast gleiche Fotos liegen in Stapeln und fehlen dann: erst aufklappen.</numerusform>
            </translation>
        </message>
        <message>
            <source>Results for</source>
            <translation>Treffer für</translation>
        </message>
        <message>
            <source>Found by</source>
            <translation>Gefunden mit</translation>
        </message>
        <message>
            <source>Which</source>
            <translation>Welche</translation>
        </message>
    </context>
    <context>
        <name>ShortcutsDialog</name>
        <message>
            <source>Shortcuts</source>
            <translation>Tastenkürzel</translation>
        </message>
        <message>
            <source>What</source>
            <translation>Was</translation>
        </message>
        <message>
            <source>Keys</source>
            <translation>Tasten</translation>
        </message>
    </context>
    <context>
        <name>SidePanel</name>
        <message>
            <source>Library</source>
            <translation>Bibliothek</translation>
        </message>
        <message>
            <source>Like what?</source>
            <translation>Ähnlich wozu?</translation>
        </message>
        <message>
            <source>How?</source>
            <translation>Auf welche Weise?</translation>
        </message>
        <message>
            <source>Which results?</source>
            <translation>Welche Treffer?</translation>
        </message>
        <message>
            <source>No folder is open.</source>
            <translation>Kein Ordner ist geöffnet.</translation>
        </message>
        <message>
            <source>Open folder…</source>
            <translation>Ordner öffnen …</translation>
        </message>
        <message>
            <source>Whole library</source>
            <translation>Ganze Bibliothek</translation>
        </message>
        <message>
            <source>Leave the results and show every photo again (Alt+Home)</source>
            <translation>Die Treffer verlassen und wieder alle Fotos zeigen (Alt+Pos1)</translation>
        </message>
        <message>
            <source>&amp;Distance</source>
            <translation>A&amp;bstand</translation>
        </message>
        <message>
            <source>Compares directions only: what is shown, whatever its strength</source>
            <translation>Vergleicht nur die Richtung: was zu sehen ist, gleich wie ausgeprägt</translation>
        </message>
        <message>
            <source>Compares direction and strength</source>
            <translation>Vergleicht Richtung und Ausprägung</translation>
        </message>
        <message>
            <source>&amp;At most</source>
            <translation>&amp;Höchstens</translation>
        </message>
        <message>
            <source>all</source>
            <translation>alle</translation>
        </message>
        <message>
            <source>Number of results; 0 is all</source>
            <translation>Anzahl der Treffer; 0 sind alle</translation>
        </message>
        <message>
            <source>&amp;From folder</source>
            <translation>Aus dem &amp;Ordner</translation>
        </message>
        <message>
            <source>&amp;Not from the query's own folder</source>
            <translation>&amp;Nicht aus dem Ordner der Vorlage</translation>
        </message>
        <message>
            <source>Open another folder…</source>
            <translation>Anderen Ordner öffnen …</translation>
        </message>
    </context>
    <context>
        <name>SkippedDialog</name>
        <message>
            <source>Skipped files</source>
            <translation>Übersprungene Dateien</translation>
        </message>
        <message>
            <source>These files could not be read. Everything else is indexed.</source>
            <translation>Diese Dateien ließen sich nicht lesen. Alles andere ist indiziert.</translation>
        </message>
        <message>
            <source>File</source>
            <translation>Datei</translation>
        </message>
        <message>
            <source>Reason</source>
            <translation>Grund</translation>
        </message>
        <message>
            <source>Copy the list</source>
            <translation>Liste kopieren</translation>
        </message>
    </context>
    <context>
        <name>Status</name>
        <message>
            <source>Which files were skipped, and why</source>
            <translation>Welche Dateien übersprungen wurden und warum</translation>
        </message>
        <message>
            <source>Progress of indexing</source>
            <translation>Fortschritt des Indizierens</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>Abbrechen</translation>
        </message>
        <message>
            <source>Stop indexing; what is done is kept</source>
            <translation>Indizieren anhalten; was fertig ist, bleibt</translation>
        </message>
        <message numerus="yes">
            <source>%Ln file(s) skipped</source>
            <translation>
                <numerusform>%Ln Datei übersprungen</numerusform>
                <numerusform>%Ln Dateien übersprungen</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln photo(s) indexed</source>
            <translation>
                <numerusform>%Ln Foto indiziert</numerusform>
                <numerusform>%Ln Fotos indiziert</numerusform>
            </translation>
        </message>
        <message>
            <source>%1 of %2 photos indexed</source>
            <translation>%1 von %2 Fotos indiziert</translation>
        </message>
        <message>
            <source>no model</source>
            <translation>kein Modell</translation>
        </message>
        <message>
            <source>The model, and what it computes on</source>
            <translation>Das Modell, und worauf es rechnet</translation>
        </message>
    </context>
    <context>
        <name>Viewer</name>
        <message>
            <source>Previous photo (Left)</source>
            <translation>Voriges Foto (Links)</translation>
        </message>
        <message>
            <source>Next photo (Right)</source>
            <translation>Nächstes Foto (Rechts)</translation>
        </message>
        <message>
            <source>Back to the photos (Esc)</source>
            <translation>Zurück zu den Fotos (Esc)</translation>
        </message>
        <message>
            <source>This picture cannot be read.</source>
            <translation>Dieses Bild lässt sich nicht lesen.</translation>
        </message>
        <message>
            <source>Query: {name}</source>
            <translation>Vorlage: {name}</translation>
        </message>
    </context>
    <context>
        <name>WorstQueries</name>
        <message>
            <source>The worst queries</source>
            <translation>Die schlechtesten Suchen</translation>
        </message>
        <message>
            <source>AP %1, first hit %2</source>
            <translation>AP %1, 1. Treffer: %2</translation>
        </message>
    </context>
    <context>
        <name>caption</name>
        <message>
            <source>Rank {rank}, distance {distance}</source>
            <translation>Rang {rank}, Abstand {distance}</translation>
        </message>
    </context>
    <context>
        <name>empty_states</name>
        <message>
            <source>No photo has this in its name. Esc empties the filter.</source>
            <translation>Kein Foto hat das im Namen. Esc leert den Filter.</translation>
        </message>
        <message>
            <source>There are no photos in this folder. Open another one (Ctrl+O), or drop it here.</source>
            <translation>In diesem Ordner sind keine Fotos. Öffnen Sie einen anderen (Strg+O), oder ziehen Sie ihn hierher.</translation>
        </message>
        <message>
            <source>Nothing is that near. Raise the distance on the left.</source>
            <translation>So nah ist nichts. Erhöhen Sie links den Abstand.</translation>
        </message>
        <message>
            <source>The first photos are being indexed; results appear here as soon as there are some.</source>
            <translation>Die ersten Fotos werden indiziert; Treffer erscheinen hier, sobald es welche gibt.</translation>
        </message>
        <message>
            <source>Nothing is indexed yet for this model. Look for changes (F5) starts it.</source>
            <translation>Für dieses Modell ist noch nichts indiziert. „Nach Änderungen sehen“ (F5) beginnt damit.</translation>
        </message>
        <message>
            <source>There is nothing in this folder to compare with. Choose another one on the left.</source>
            <translation>In diesem Ordner ist nichts zum Vergleichen. Wählen Sie links einen anderen.</translation>
        </message>
        <message>
            <source>Looking for photos…</source>
            <translation>Fotos werden gesucht …</translation>
        </message>
        <message>
            <source>This search did not work. Search with another picture, or go back (Alt+Left).</source>
            <translation>Diese Suche ging nicht. Suchen Sie mit einem anderen Bild, oder gehen Sie zurück (Alt+Links).</translation>
        </message>
        <message>
            <source>All other photos lie in the query's own folder. Take the tick on the left away to see them.</source>
            <translation>Alle anderen Fotos liegen im Ordner des Suchbilds. Nehmen Sie links den Haken weg, um sie zu sehen.</translation>
        </message>
        <message>
            <source>There is no other photo to compare with. Open a folder with more photos (Ctrl+O), or drop it here.</source>
            <translation>Es gibt kein anderes Foto zum Vergleichen. Öffnen Sie einen Ordner mit mehr Fotos (Strg+O), oder ziehen Sie ihn hierher.</translation>
        </message>
    </context>
    <context>
        <name>export reasons</name>
        <message>
            <source>there is no picture in it</source>
            <translation>es ist kein Bild darin</translation>
        </message>
        <message>
            <source>neither a folder, nor a picture, nor a text file with one path a line</source>
            <translation>weder ein Ordner noch ein Bild noch eine Textdatei mit einem Pfad je Zeile</translation>
        </message>
        <message>
            <source>it is not there</source>
            <translation>das gibt es nicht</translation>
        </message>
        <message>
            <source>you may not read it</source>
            <translation>Sie dürfen es nicht lesen</translation>
        </message>
        <message>
            <source>you may not write into it</source>
            <translation>Sie dürfen dort nicht schreiben</translation>
        </message>
        <message>
            <source>it cannot be written (%1)</source>
            <translation>dort kann nicht geschrieben werden (%1)</translation>
        </message>
        <message>
            <source>it is a file, not a folder</source>
            <translation>das ist eine Datei, kein Ordner</translation>
        </message>
        <message>
            <source>it lies inside the photos' own folder %1, which nothing is ever written into</source>
            <translation>es liegt im Ordner der Fotos selbst, %1, in den nie etwas geschrieben wird</translation>
        </message>
        <message>
            <source>it holds an export already (%1); choose another folder</source>
            <translation>dort liegt schon ein Export (%1); wählen Sie einen anderen Ordner</translation>
        </message>
        <message>
            <source>another export is writing into it</source>
            <translation>ein anderer Export schreibt gerade dorthin</translation>
        </message>
        <message>
            <source>what it holds was made with other choices, or the photos have changed since</source>
            <translation>was dort liegt, entstand mit anderen Einstellungen, oder die Fotos haben sich seitdem geändert</translation>
        </message>
        <message>
            <source>the copies need %1, but only %2 are free</source>
            <translation>die Kopien brauchen %1, frei sind nur %2</translation>
        </message>
        <message>
            <source>none of its %1 pictures can be read: %2</source>
            <translation>keines seiner %1 Bilder ist lesbar: %2</translation>
        </message>
        <message>
            <source>the model %1 has indexed none of its photos</source>
            <translation>das Modell %1 hat keines seiner Fotos indiziert</translation>
        </message>
        <message>
            <source>there is no such folder</source>
            <translation>diesen Ordner gibt es nicht</translation>
        </message>
        <message>
            <source>no query lies in a sub-folder, which would be its label</source>
            <translation>kein Suchbild liegt in einem Unterordner, der seine Beschriftung wäre</translation>
        </message>
        <message>
            <source>no query has a label in the file of labels</source>
            <translation>kein Suchbild hat in der Datei der Beschriftungen eine</translation>
        </message>
        <message>
            <source>line %1 has %2 columns; path,label is expected</source>
            <translation>Zeile %1 hat %2 Spalten; erwartet wird path,label</translation>
        </message>
        <message>
            <source>line %1: %2 has the label %3 already</source>
            <translation>Zeile %1: %2 hat schon die Beschriftung %3</translation>
        </message>
    </context>
    <context>
        <name>headline</name>
        <message>
            <source>Whole library</source>
            <translation>Ganze Bibliothek</translation>
        </message>
        <message>
            <source>Like the pasted picture</source>
            <translation>Wie das eingefügte Bild</translation>
        </message>
        <message>
            <source>Unlike %1</source>
            <translation>Anders als %1</translation>
        </message>
        <message>
            <source>Like a part of %1</source>
            <translation>Wie ein Ausschnitt von %1</translation>
        </message>
        <message>
            <source>Like %1</source>
            <translation>Wie %1</translation>
        </message>
        <message>
            <source>Nothing really similar here</source>
            <translation>Hier ist nichts wirklich Ähnliches</translation>
        </message>
        <message>
            <source>%1 of them folded</source>
            <translation>%1 davon gestapelt</translation>
        </message>
        <message>
            <source>%1 of %2 photos searched so far</source>
            <translation>bisher %1 von %2 Fotos durchsucht</translation>
        </message>
        <message>
            <source>%1 (%2)</source>
            <translation>%1 (%2)</translation>
        </message>
        <message>
            <source>%1, unlike %2</source>
            <translation>%1, anders als %2</translation>
        </message>
        <message>
            <source>%1 of %2 photos</source>
            <translation>%1 von %2 Fotos</translation>
        </message>
    </context>
    <context>
        <name>meaning</name>
        <message>
            <source>%1 of all pairs of photos</source>
            <translation>%1 aller Fotopaare</translation>
        </message>
        <message>
            <source>Nearer than</source>
            <translation>Näher als</translation>
        </message>
        <message>
            <source>%1 of the pairs this near (%2–%3)</source>
            <translation>%1 der so nahen Paare (%2–%3)</translation>
        </message>
        <message>
            <source>In one folder</source>
            <translation>Im selben Ordner</translation>
        </message>
        <message>
            <source>Distance %1: nearer than %2 of all pairs of photos</source>
            <translation>Abstand %1: näher als %2 aller Fotopaare</translation>
        </message>
    </context>
    <context>
        <name>measures</name>
        <message>
            <source>mAP</source>
            <translation>mAP</translation>
        </message>
        <message>
            <source>R-precision</source>
            <translation>R-Präzision</translation>
        </message>
        <message>
            <source>MRR</source>
            <translation>MRR</translation>
        </message>
        <message>
            <source>Mean rank</source>
            <translation>Mittlerer Rang</translation>
        </message>
        <message>
            <source>Rank of the first hit</source>
            <translation>Rang des ersten Treffers</translation>
        </message>
        <message>
            <source>Mean rank, original definition</source>
            <translation>Mittlerer Rang, ursprüngliche Definition</translation>
        </message>
        <message>
            <source>mAP@%1</source>
            <translation>mAP@%1</translation>
        </message>
        <message>
            <source>Recall@%1</source>
            <translation>Recall@%1</translation>
        </message>
        <message>
            <source>Precision@%1</source>
            <translation>Präzision@%1</translation>
        </message>
        <message>
            <source>mAP@%1, original definition</source>
            <translation>mAP@%1, ursprüngliche Definition</translation>
        </message>
        <message>
            <source>How far up the photos of the query's label stand: 1 is all before any other</source>
            <translation>Wie weit oben die Fotos mit der Beschriftung des Suchbilds stehen: 1 heißt alle vor jedem anderen</translation>
        </message>
        <message>
            <source>The share of the label's photos among the first k</source>
            <translation>Der Anteil der so beschrifteten Fotos, der unter den ersten k ist</translation>
        </message>
        <message>
            <source>The share of the first k that have the query's label</source>
            <translation>Der Anteil der ersten k, die wie das Suchbild beschriftet sind</translation>
        </message>
        <message>
            <source>The precision at k = the number of photos of the label</source>
            <translation>Die Präzision bei k = Zahl der so beschrifteten Fotos</translation>
        </message>
        <message>
            <source>The mean of 1 / rank of the first hit</source>
            <translation>Das Mittel von 1 / Rang des ersten Treffers</translation>
        </message>
        <message>
            <source>The mean rank of all photos of the label; lower is better</source>
            <translation>Der mittlere Rang aller so beschrifteten Fotos; kleiner ist besser</translation>
        </message>
        <message>
            <source>The mean rank of the first photo of the label; lower is better</source>
            <translation>Der mittlere Rang des ersten so beschrifteten Fotos; kleiner ist besser</translation>
        </message>
        <message>
            <source>Queries without a hit are left out and misses cost nothing: for comparison with old numbers only</source>
            <translation>Suchen ohne Treffer zählen nicht, und Fehlendes kostet nichts: nur zum Vergleich mit alten Zahlen</translation>
        </message>
        <message>
            <source>The rank of the first listed photo of the label: for comparison with old numbers only</source>
            <translation>Der Rang des zuerst aufgeführten so beschrifteten Fotos: nur zum Vergleich mit alten Zahlen</translation>
        </message>
        <message>
            <source>%1 and %2 have no query in common.</source>
            <translation>%1 und %2 haben keine Suche gemeinsam.</translation>
        </message>
        <message>
            <source>%1 is better than %2 by %3 ± %4 mAP.</source>
            <translation>%1 ist besser als %2 um %3 ± %4 mAP.</translation>
        </message>
        <message>
            <source>%1 is better than %2 by %3 ± %4 mAP, which may be chance.</source>
            <translation>%1 ist besser als %2 um %3 ± %4 mAP, was Zufall sein kann.</translation>
        </message>
    </context>
    <context>
        <name>messages</name>
        <message>
            <source>This folder cannot be opened</source>
            <translation>Dieser Ordner lässt sich nicht öffnen</translation>
        </message>
        <message>
            <source>%1

Is the drive connected, and may you read it?</source>
            <translation>%1

Ist das Laufwerk angeschlossen, und dürfen Sie es lesen?</translation>
        </message>
        <message>
            <source>This picture cannot be read</source>
            <translation>Dieses Bild lässt sich nicht lesen</translation>
        </message>
        <message>
            <source>This model is not there</source>
            <translation>Dieses Modell gibt es nicht</translation>
        </message>
        <message>
            <source>This model cannot be used</source>
            <translation>Dieses Modell ist nicht brauchbar</translation>
        </message>
        <message>
            <source>This cannot be exported</source>
            <translation>Das lässt sich nicht exportieren</translation>
        </message>
        <message>
            <source>No model can be made of this</source>
            <translation>Daraus lässt sich kein Modell machen</translation>
        </message>
        <message>
            <source>These labels cannot be used</source>
            <translation>Diese Beschriftungen sind nicht brauchbar</translation>
        </message>
        <message>
            <source>The disk is full</source>
            <translation>Der Datenträger ist voll</translation>
        </message>
        <message>
            <source>Make some room on it and try again. What was done so far is kept.</source>
            <translation>Schaffen Sie etwas Platz und versuchen Sie es noch einmal. Was bisher getan ist, bleibt erhalten.</translation>
        </message>
        <message>
            <source>There is not enough memory</source>
            <translation>Der Arbeitsspeicher reicht nicht</translation>
        </message>
        <message>
            <source>Close other programs, or show fewer results, and try again.</source>
            <translation>Schließen Sie andere Programme, oder zeigen Sie weniger Treffer, und versuchen Sie es noch einmal.</translation>
        </message>
        <message>
            <source>That did not work</source>
            <translation>Das ging nicht</translation>
        </message>
        <message>
            <source>Something went wrong inside Semblance</source>
            <translation>In Semblance ist etwas schiefgegangen</translation>
        </message>
        <message>
            <source>Your photos are untouched. You can go on; if it happens again, the details below help to mend it.</source>
            <translation>Ihre Fotos sind unberührt. Sie können weitermachen; geschieht es wieder, helfen die Einzelheiten, es zu beheben.</translation>
        </message>
        <message>
            <source>The index comes from a newer Semblance</source>
            <translation>Der Index stammt von einem neueren Semblance</translation>
        </message>
        <message>
            <source>Start the newer version, or choose another place for the index with --data-dir.</source>
            <translation>Starten Sie die neuere Version, oder wählen Sie mit --data-dir einen anderen Ort für den Index.</translation>
        </message>
        <message>
            <source>Another Semblance is writing to the index</source>
            <translation>Ein anderes Semblance schreibt gerade in den Index</translation>
        </message>
        <message>
            <source>Wait until it has finished, or close it, and choose “Look for changes” (F5).</source>
            <translation>Warten Sie, bis es fertig ist, oder schließen Sie es, und wählen Sie „Nach Änderungen sehen“ (F5).</translation>
        </message>
        <message>
            <source>The index cannot be used</source>
            <translation>Der Index ist nicht brauchbar</translation>
        </message>
        <message>
            <source>Cosine</source>
            <translation>Kosinus</translation>
        </message>
        <message>
            <source>Euclidean</source>
            <translation>Euklidisch</translation>
        </message>
        <message>
            <source>The server is indexing what was written</source>
            <translation>Der Server indiziert, was geschrieben wurde</translation>
        </message>
        <message>
            <source>Waiting for another Semblance to finish indexing</source>
            <translation>Wartet, bis ein anderes Semblance fertig indiziert hat</translation>
        </message>
        <message>
            <source>Indexing %1 of %2</source>
            <translation>Indiziert %1 von %2</translation>
        </message>
        <message>
            <source>%1 photos/s</source>
            <translation>%1 Fotos/s</translation>
        </message>
        <message>
            <source>%1 left</source>
            <translation>noch %1</translation>
        </message>
    <message>
        <source>The saved searches cannot be used</source>
        <translation>Die gespeicherten Suchen lassen sich nicht verwenden</translation>
    </message>
    <message>
        <source>Another Semblance is writing to them. Try again in a moment.</source>
        <translation>Ein anderes Semblance schreibt gerade hinein. Versuchen Sie es gleich noch einmal.</translation>
    </message>
    <message>
        <source>A newer Semblance wrote them. Start the newer version.</source>
        <translation>Ein neueres Semblance hat sie geschrieben. Starten Sie die neuere Version.</translation>
    </message>
    <message>
        <source>%1

This file is damaged, or another program&apos;s. Nothing in it was changed.</source>
        <translation>%1

Diese Datei ist beschädigt oder gehört einem anderen Programm. Nichts darin wurde geändert.</translation>
    </message>
        <message>
            <source>The server does not answer</source>
            <translation>Der Server antwortet nicht</translation>
        </message>
        <message>
            <source>%1

Is it running, and is the network there? Then choose “Look for changes” (F5).</source>
            <translation>%1

Läuft er, und ist das Netz da? Dann wählen Sie „Nach Änderungen sehen“ (F5).</translation>
        </message>
        <message>
            <source>The server does not let Semblance in</source>
            <translation>Der Server lässt Semblance nicht ein</translation>
        </message>
        <message>
            <source>%1

The token for it is missing or wrong. Start Semblance with the right one.</source>
            <translation>%1

Das Token dafür fehlt oder ist falsch. Starten Sie Semblance mit dem richtigen.</translation>
        </message>
        <message>
            <source>The server cannot be used</source>
            <translation>Der Server kann nicht benutzt werden</translation>
        </message>
    </context>
    <context>
        <name>robustness</name>
        <message>
            <source>Mirrored</source>
            <translation>Gespiegelt</translation>
        </message>
        <message>
            <source>Edges cut off</source>
            <translation>Ränder abgeschnitten</translation>
        </message>
        <message>
            <source>Only the middle</source>
            <translation>Nur die Mitte</translation>
        </message>
        <message>
            <source>Tilted by 10°</source>
            <translation>Um 10° gekippt</translation>
        </message>
        <message>
            <source>Turned by 90°</source>
            <translation>Um 90° gedreht</translation>
        </message>
        <message>
            <source>Half as bright</source>
            <translation>Halb so hell</translation>
        </message>
        <message>
            <source>Half as bright again</source>
            <translation>Anderthalbmal so hell</translation>
        </message>
        <message>
            <source>Without colour</source>
            <translation>Ohne Farbe</translation>
        </message>
        <message>
            <source>Strongly compressed</source>
            <translation>Stark komprimiert</translation>
        </message>
        <message>
            <source>mirroring</source>
            <translation>Spiegeln</translation>
        </message>
        <message>
            <source>cut edges</source>
            <translation>abgeschnittene Ränder</translation>
        </message>
        <message>
            <source>a closer crop</source>
            <translation>einen engeren Ausschnitt</translation>
        </message>
        <message>
            <source>tilting</source>
            <translation>Kippen</translation>
        </message>
        <message>
            <source>a quarter turn</source>
            <translation>eine Vierteldrehung</translation>
        </message>
        <message>
            <source>less light</source>
            <translation>weniger Licht</translation>
        </message>
        <message>
            <source>more light</source>
            <translation>mehr Licht</translation>
        </message>
        <message>
            <source>missing colour</source>
            <translation>fehlende Farbe</translation>
        </message>
        <message>
            <source>strong compression</source>
            <translation>starke Kompression</translation>
        </message>
        <message>
            <source>hardly sees %1</source>
            <translation>bemerkt kaum %1</translation>
        </message>
        <message>
            <source>sees something of %1</source>
            <translation>bemerkt ein wenig %1</translation>
        </message>
        <message>
            <source>does see %1</source>
            <translation>bemerkt deutlich %1</translation>
        </message>
        <message>
            <source>With this picture, the model %1 %2.</source>
            <translation>Bei diesem Bild gilt: Das Modell %1 %2.</translation>
        </message>
        <message>
            <source>%1 and %2</source>
            <translation>%1 und %2</translation>
        </message>
        <message>
            <source>%1 of %2 results stay</source>
            <translation>%1 von %2 Treffern bleiben</translation>
        </message>
        <message>
            <source>Distance %1</source>
            <translation>Abstand %1</translation>
        </message>
        <message>
            <source>They move by %1 places on average.</source>
            <translation>Sie rücken im Mittel um %1 Plätze.</translation>
        </message>
        <message>
            <source>The photo itself would be found at rank %1.</source>
            <translation>Das Foto selbst stünde auf Rang %1.</translation>
        </message>
    </context>
    <context>
        <name>run changes</name>
        <message>
            <source>it was made with %1 %2; this is %3</source>
            <translation>er entstand mit %1 %2; dies ist %3</translation>
        </message>
        <message>
            <source>the model %1 is not there any more</source>
            <translation>das Modell %1 ist nicht mehr da</translation>
        </message>
        <message>
            <source>the model %1 is another file now</source>
            <translation>das Modell %1 ist jetzt eine andere Datei</translation>
        </message>
        <message>
            <source>photos of the library: %1 then, %2 now</source>
            <translation>Fotos der Bibliothek: damals %1, jetzt %2</translation>
        </message>
        <message>
            <source>some of the library's photos have been edited or replaced</source>
            <translation>einige Fotos der Bibliothek wurden bearbeitet oder ersetzt</translation>
        </message>
        <message>
            <source>of its %2 queries, %1 are not there any more</source>
            <translation>von seinen %2 Suchbildern sind %1 nicht mehr da</translation>
        </message>
        <message>
            <source>An exported run</source>
            <translation>Ein exportierter Lauf</translation>
        </message>
        <message>
            <source>What you see may differ from what was exported. Since then:</source>
            <translation>Was Sie sehen, kann vom Exportierten abweichen. Seitdem:</translation>
        </message>
    </context>
    <context>
        <name>skip reasons</name>
        <message>
            <source>the file is empty</source>
            <translation>die Datei ist leer</translation>
        </message>
        <message>
            <source>not an image that can be read</source>
            <translation>kein lesbares Bild</translation>
        </message>
        <message>
            <source>not a regular file</source>
            <translation>keine gewöhnliche Datei</translation>
        </message>
        <message>
            <source>the file is not there any more</source>
            <translation>die Datei ist nicht mehr da</translation>
        </message>
        <message>
            <source>no permission to read it</source>
            <translation>keine Erlaubnis, sie zu lesen</translation>
        </message>
        <message>
            <source>it cannot be read (%1)</source>
            <translation>nicht lesbar (%1)</translation>
        </message>
        <message>
            <source>the picture has no pixels</source>
            <translation>das Bild hat keine Pixel</translation>
        </message>
        <message>
            <source>the file is %1 MiB large; the limit is %2 MiB</source>
            <translation>die Datei ist %1 MiB groß; die Grenze ist %2 MiB</translation>
        </message>
        <message>
            <source>%1 × %2 pixels are more than the limit of %3 million</source>
            <translation>%1 × %2 Pixel sind mehr als die Grenze von %3 Millionen</translation>
        </message>
        <message>
            <source>there is not enough memory to decode it</source>
            <translation>der Arbeitsspeicher reicht nicht, um es zu lesen</translation>
        </message>
        <message>
            <source>damaged or truncated JPEG: its header is incomplete</source>
            <translation>beschädigtes oder abgeschnittenes JPEG: sein Kopf ist unvollständig</translation>
        </message>
        <message>
            <source>truncated %1</source>
            <translation>abgeschnittenes %1</translation>
        </message>
        <message>
            <source>damaged %1 (%2)</source>
            <translation>beschädigtes %1 (%2)</translation>
        </message>
        <message>
            <source>a link that leads nowhere</source>
            <translation>eine Verknüpfung, die nirgends hinführt</translation>
        </message>
        <message>
            <source>it was removed while the folder was read</source>
            <translation>sie wurde entfernt, während der Ordner gelesen wurde</translation>
        </message>
        <message>
            <source>it lies in the cloud only; download it to have it indexed</source>
            <translation>sie liegt nur in der Cloud; laden Sie sie herunter, um sie zu indizieren</translation>
        </message>
    </context>
    <context>
        <name>sources</name>
        <message>
            <source>Pasted picture</source>
            <translation>Eingefügtes Bild</translation>
        </message>
    </context>
<context>
    <name>ListDialog</name>
    <message>
        <source>Saved searches</source>
        <translation>Gespeicherte Suchen</translation>
    </message>
    <message>
        <source>&amp;Open</source>
        <translation>Ö&amp;ffnen</translation>
    </message>
    <message>
        <source>&amp;Remove</source>
        <translation>&amp;Entfernen</translation>
    </message>
    <message>
        <source>&amp;Undo</source>
        <translation>&amp;Rückgängig</translation>
    </message>
    <message>
        <source>Take the last removal back (Ctrl+Z)</source>
        <translation>Das zuletzt Entfernte zurückholen (Strg+Z)</translation>
    </message>
    <message>
        <source>Nothing is saved for this library yet. “Save this search…” in the menu keeps what you look for.</source>
        <translation>Für diese Bibliothek ist noch nichts gespeichert. „Diese Suche speichern …“ im Menü behält, wonach Sie suchen.</translation>
    </message>
</context>
<context>
    <name>SaveDialog</name>
    <message>
        <source>Save this search</source>
        <translation>Diese Suche speichern</translation>
    </message>
    <message>
        <source>&amp;Name:</source>
        <translation>&amp;Name:</translation>
    </message>
    <message>
        <source>&amp;Replace</source>
        <translation>&amp;Ersetzen</translation>
    </message>
    <message>
        <source>&amp;Save</source>
        <translation>&amp;Speichern</translation>
    </message>
    <message>
        <source>A search of this name is saved already. Do you want to replace it?</source>
        <translation>Eine Suche mit diesem Namen ist schon gespeichert. Möchten Sie sie ersetzen?</translation>
    </message>
</context>
<context>
    <name>SavedSearches</name>
    <message>
        <source>Search saved: %1</source>
        <translation>Suche gespeichert: %1</translation>
    </message>
    <message>
        <source>No longer there, and left out:</source>
        <translation>Nicht mehr da und deshalb weggelassen:</translation>
    </message>
    <message numerus="yes">
        <source>• and %Ln more</source>
        <translation>
            <numerusform>• und %Ln weiteres</numerusform>
            <numerusform>• und %Ln weitere</numerusform>
        </translation>
    </message>
    <message>
        <source>The model %1 is no longer there. %2 is used instead, so that the ranking is another.</source>
        <translation>Das Modell %1 ist nicht mehr da. Stattdessen wird %2 verwendet; die Reihenfolge ist deshalb eine andere.</translation>
    </message>
    <message>
        <source>Saved searches</source>
        <translation>Gespeicherte Suchen</translation>
    </message>
    <message>
        <source>“%1” is not as it was saved.</source>
        <translation>„%1“ ist nicht mehr so, wie es gespeichert wurde.</translation>
    </message>
</context>
<context>
    <name>saved searches</name>
    <message>
        <source>A pasted picture has no file, so that this search cannot be saved.</source>
        <translation>Ein eingefügtes Bild hat keine Datei; deshalb lässt sich diese Suche nicht speichern.</translation>
    </message>
</context>
</TS>
